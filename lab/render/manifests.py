"""The objects of a package, read as the Kubernetes tools read YAML, with the place of each and of every fault.

Source: kpt, package reader; sigs.k8s.io/yaml for the dialect.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from posixpath import basename

from lab.kit.yaml_nodes import MappingNode, YamlFault, compose, data_of
from lab.render.resources import Fault, Package, Resource

_DOCUMENT_START = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_DIRECTIVES = re.compile(r"(?:%[^\n]*\n|[ \t]*(?:#[^\n]*)?\n)+", re.MULTILINE)
_NOT_KRM = "input resource list must contain only KRM resources: {file}: resource must have `{field}`"


@dataclass(frozen=True, slots=True)
class Manifests:
    """What a package's manifest files hold: its objects in the order of paths and documents, and what is wrong."""

    resources: tuple[Resource, ...]
    faults: tuple[Fault, ...]


def is_manifest_file(path: str) -> bool:
    """Whether a file is read as YAML: `*.yaml`, `*.yml` and `Kptfile`."""
    return basename(path) == "Kptfile" or path.endswith((".yaml", ".yml"))


def split_documents(text: str) -> list[tuple[int, str]]:
    """The documents of a file as (first line from 1, text); joined again the texts give the file."""
    starts = [match.start() for match in _DOCUMENT_START.finditer(text)]
    if not starts or starts[0] != 0:
        head = text[: starts[0]] if starts else text
        belongs_to_next = starts and head.lstrip().startswith("%") and _DIRECTIVES.fullmatch(head)
        starts = [0, *starts[1:]] if belongs_to_next else [0, *starts]
    bounds = [*starts, len(text)]
    documents: list[tuple[int, str]] = []
    line = 1
    for start, end in itertools.pairwise(bounds):
        chunk = text[start:end]
        documents.append((line, chunk))
        line += chunk.count("\n")
    return documents


def read_package(package: Package) -> Manifests:
    """All objects and faults of a package."""
    resources: list[Resource] = []
    faults: list[Fault] = []
    for file in sorted_paths(package):
        if is_manifest_file(file):
            found, wrong = read_file(file, package[file])
            resources += found
            faults += wrong
    return Manifests(tuple(resources), tuple(faults))


def sorted_paths(paths: Iterable[str]) -> list[str]:
    """Paths in the order in which a walk through the folders meets them."""
    return sorted(paths, key=lambda path: path.split("/"))


@lru_cache(maxsize=2048)
def read_file(file: str, text: str) -> tuple[tuple[Resource, ...], tuple[Fault, ...]]:
    """The objects and faults of one file."""
    resources: list[Resource] = []
    faults: list[Fault] = []
    for line, chunk in split_documents(text):
        try:
            root = compose(chunk)
            data = data_of(root)
        except YamlFault:
            faults.append(_fault(file, line, chunk))
            continue
        if root is None or data is None:
            continue
        index = len(resources)
        if not isinstance(root, MappingNode) or not isinstance(data, dict):
            message = _NOT_KRM.format(file=file, field="apiVersion")
            faults.append(Fault(file, line + root.line, root.column + 1, message))
            continue
        resources.append(Resource(file, index, line, chunk, data))
    return tuple(resources), tuple(faults)


def _fault(file: str, line: int, chunk: str) -> Fault:
    """What is wrong with a document, with the lines of the whole file also inside the message."""
    try:
        data_of(compose("\n" * (line - 1) + chunk))
    except YamlFault as fault:
        return Fault(file, fault.line, fault.column, str(fault))
    return Fault(file, line, 1, "yaml: cannot be read")


def krm_fault(resource: Resource) -> Fault | None:
    """What makes a document no Kubernetes object: no apiVersion, kind or name; None when it is one.

    A `kustomization.yaml` needs none of them.
    """
    if basename(resource.file) in ("kustomization.yaml", "kustomization.yml"):
        return None
    for field, value in (
        ("apiVersion", resource.api_version),
        ("kind", resource.kind),
        ("metadata.name", resource.name),
    ):
        if not value:
            return Fault(resource.file, resource.line_of(), 1, _NOT_KRM.format(file=resource.file, field=field))
    return None


def locate(package: Package, kind: str, name: str, namespace: str = "") -> tuple[str, int] | None:
    """File and line where an object begins, or None; an empty namespace finds the object in any namespace."""
    for resource in read_package(package).resources:
        if resource.kind == kind and resource.name == name and namespace in ("", resource.namespace):
            return resource.file, resource.line_of()
    return None


def write_back(package: Package, resources: Iterable[Resource]) -> dict[str, str]:
    """A copy of `package` in which each given object's text stands in the place of the one it was read from."""
    changed: dict[str, dict[int, str]] = {}
    for resource in resources:
        changed.setdefault(resource.file, {})[resource.index] = resource.text
    written = dict(package)
    for file, texts in changed.items():
        written[file] = "".join(_chunks(file, package[file], texts))
    return written


def _chunks(file: str, text: str, texts: Mapping[int, str]) -> Iterator[str]:
    places = {resource.line: resource.index for resource in read_file(file, text)[0]}
    for line, chunk in split_documents(text):
        index = places.get(line)
        yield chunk if index is None else texts.get(index, chunk)
