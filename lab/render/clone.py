"""The first content of a package: from nothing (init) or from an upstream package (clone).

Source: Porch, tasks `init` and `clone`; kpt, `pkg init` and `pkg get`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename
from typing import Any

from lab.kit.yaml_write import document_text
from lab.render import package_context
from lab.render.kptfile import FILE, Kptfile
from lab.render.kptfile_schema import API_VERSION
from lab.render.manifests import krm_fault, read_file, read_package, split_documents, write_back
from lab.render.origin import with_identifier, with_merge_comment
from lab.render.resources import LOCAL_CONFIG, Package, Resource


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a package is copied from: repository URL ending in `.git`, directory, ref and the ref's commit."""

    repo: str
    directory: str
    ref: str
    commit: str

    def as_upstream(self) -> dict[str, Any]:
        """The Kptfile's `upstream`."""
        return {"type": "git", "git": {"repo": self.repo, "directory": self.directory, "ref": self.ref}}

    def as_lock(self) -> dict[str, Any]:
        """The Kptfile's `upstreamLock`."""
        return {"type": "git", "git": {**self.as_upstream()["git"], "commit": self.commit}}


def init_package(name: str, *, description: str = "", keywords: Sequence[str] = (), site: str = "") -> dict[str, str]:
    """A new package: Kptfile, README.md and package-context.yaml."""
    info: dict[str, Any] = {
        "site": site,
        "description": description or f"{name} description",
        "keywords": list(keywords),
    }
    kptfile = {
        "apiVersion": API_VERSION,
        "kind": "Kptfile",
        "metadata": {"name": name, "annotations": {LOCAL_CONFIG: "true"}},
        "info": {key: value for key, value in info.items() if value},
    }
    return {
        FILE: document_text(kptfile),
        "README.md": _readme(name, str(info["description"])),
        package_context.FILE: package_context.package_context({"name": "example"}),
    }


def _readme(name: str, description: str) -> str:
    return f"""\
# {name}

## Description
{description}

## Usage

Fetch the package:

    kpt pkg get REPO_URI[.git]/PKG_PATH[@VERSION] {name}

Look at its content:

    kpt pkg tree {name}

Apply it:

    kpt live init {name}
    kpt live apply {name} --reconcile-timeout=2m --output=table
"""


def clone_package(
    upstream_package: Package,
    *,
    name: str,
    upstream: Upstream,
    deployment: bool,
    path: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    readiness_gates: Iterable[str] = (),
) -> dict[str, str]:
    """A copy of an upstream package under a new name that remembers where each object came from.

    In a deployment repository every package context is dropped and the root gets a new one, with the package's name
    and `path` (default: the name). Labels, annotations and gates are added to the Kptfile's. Raises PackageFault for
    an upstream without a readable Kptfile.
    """
    Kptfile.read(upstream_package.get(FILE, ""))
    copied = with_origins(upstream_package)
    kptfile = Kptfile.read(copied[FILE])
    kptfile = kptfile.with_name(name).with_upstream(upstream.as_upstream(), upstream.as_lock())
    if labels:
        kptfile = kptfile.with_labels({**kptfile.labels, **labels})
    if annotations:
        kptfile = kptfile.with_annotations({**kptfile.annotations, **annotations})
    gates = [gate for gate in readiness_gates if gate not in kptfile.readiness_gates]
    if gates:
        kptfile = kptfile.with_readiness_gates([*kptfile.readiness_gates, *gates])
    copied[FILE] = kptfile.text
    return with_new_context(copied, name, path or name) if deployment else copied


def with_origins(package: Package) -> dict[str, str]:
    """The package with a merge comment (Kptfiles apart) and an upstream identifier on every object."""
    marked: list[Resource] = []
    for resource in read_package(package).resources:
        if krm_fault(resource) is None and resource.metadata:
            commented = resource if basename(resource.file) == FILE else with_merge_comment(resource)
            marked.append(with_identifier(commented))
    return write_back(package, marked)


def with_new_context(package: Package, name: str, path: str) -> dict[str, str]:
    """The package without any package context but a new one at its root."""
    kept: dict[str, str] = {}
    for file, text in package.items():
        contexts = {r.line for r in read_file(file, text)[0] if package_context.is_package_context(r)}
        if not contexts or not file.endswith((".yaml", ".yml")):
            kept[file] = text
            continue
        rest = "".join(chunk for line, chunk in split_documents(text) if line not in contexts)
        if read_file(file, rest)[0]:
            kept[file] = rest
    kept[package_context.FILE] = package_context.package_context({"name": name, "package-path": path})
    return kept
