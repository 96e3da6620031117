"""Files of a commit become declared objects; what is no configuration stays invisible.

Source: Config Sync, raw parser: which files are read, local-config, lists; the YAML is read as Kubernetes tools do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lab.kit.yaml_nodes import Node, YamlFault, compose, data_of
from lab.kit.yaml_walk import field
from lab.reconcile.declared import LOCAL_CONFIG, Declared, declare
from lab.reconcile.faults import Fault
from lab.reconcile.packages import package_directories, package_of

_READ = (".yaml", ".yml", ".json")
_IGNORED_FOLDERS = frozenset({".git", ".github", ".gitlab"})
_IGNORED_FILE = ".gitlab-ci.yml"
_KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)[^\n]*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a tree declares. `packages` are the directories with a Kptfile, relative to the repository."""

    declared: tuple[Declared, ...]
    faults: tuple[Fault, ...]
    packages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """One object in a file, and the line on which it begins."""

    line: int
    obj: dict[str, Any]


def parse(files: Mapping[str, bytes], directory: str = "") -> Parsed:
    """Everything that the files declare; paths of `files` are relative to `directory` of the repository.

    Faults are KNV2001 (no YAML), KNV2010 (no apiVersion, kind or name), KNV1054 (annotations and labels that are no
    text) and KNV1068 (a kustomization, which would have to be rendered first).
    """
    prefix = f"{directory.strip('/')}/" if directory.strip("/") else ""
    paths = {prefix + path: content for path, content in files.items() if not _ignored(path)}
    packages = package_directories(paths)
    declared: list[Declared] = []
    faults = list(_kustomizations(paths))
    for path in sorted(paths):
        if not path.endswith(_READ) or path.rpartition("/")[2] in _KUSTOMIZATIONS:
            continue
        found, fault = read(paths[path])
        if fault is not None:
            faults.append(Fault(fault.knv, fault.text, path=path, line=fault.line))
        for line, body in found:
            wrong = _unfit(body, path, line)
            if wrong is not None:
                faults.append(wrong)
            elif not _local(body):
                declared.append(declare(body, file=path, line=line, package=package_of(path, packages)))
    return Parsed(tuple(declared), tuple(faults), packages)


def read(content: bytes) -> tuple[list[tuple[int, dict[str, Any]]], Fault | None]:
    """The objects of one file with their lines, and what is wrong with the file, if anything."""
    try:
        return [(found.line, found.obj) for found in _objects(content)], None
    except UnicodeDecodeError:
        return [], Fault("2001", "yaml: invalid leading UTF-8 octet")
    except YamlFault as error:
        return [], Fault("2001", str(error), line=error.line)


def _ignored(path: str) -> bool:
    *folders, name = path.split("/")
    return name == _IGNORED_FILE or not _IGNORED_FOLDERS.isdisjoint(folders)


def _kustomizations(paths: Mapping[str, bytes]) -> Iterator[Fault]:
    for path in sorted(paths):
        if path.rpartition("/")[2] in _KUSTOMIZATIONS:
            text = (
                "This agent renders no kustomizations, so it cannot know what this repository declares. "
                "Commit the rendered manifests and remove the kustomization."
            )
            yield Fault("1068", text, path=path)


@lru_cache(maxsize=2048)
def _objects(content: bytes) -> tuple[Found, ...]:
    """The objects of a file. Cached by content, because a thousand clusters share most of their files."""
    return tuple(_each_object(content.decode("utf-8")))


def _each_object(text: str) -> Iterator[Found]:
    for before, document in _documents(text):
        try:
            # The tree is used once: it would only push out trees that a renderer comes back to.
            root = compose.__wrapped__(document)
            data = data_of(root)
        except YamlFault as error:
            raise YamlFault(error.message, before + error.line if error.line else 0, error.column) from None
        if data is None:
            continue
        if not isinstance(data, dict):
            raise YamlFault("expected an object with apiVersion and kind", before + _line(root))
        yield from _flattened(data, root, before)


def _flattened(data: dict[str, Any], root: Node | None, before: int) -> Iterator[Found]:
    items = data.get("items")
    if str(data.get("kind", "")).endswith("List") and isinstance(items, list):
        for index, item in enumerate(items):
            node = field(root, "items", index)
            if not isinstance(item, dict):
                raise YamlFault("expected an object in the list", before + _line(node))
            yield from _flattened(item, node, before)
        return
    yield Found(before + _line(root), data)


def _line(node: Node | None) -> int:
    return node.line + 1 if node is not None else 0


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """The documents of a file, each with the number of lines before it."""
    text = text.removeprefix("\ufeff")
    start = 0
    lines = 0
    for match in _SEPARATOR.finditer(text):
        yield lines, text[start : match.start()]
        lines += text.count("\n", start, match.end())
        start = match.end()
    yield lines, text[start:]


def _local(obj: Mapping[str, Any]) -> bool:
    annotations = obj["metadata"].get("annotations") or {}
    return str(annotations.get(LOCAL_CONFIG, "false")).lower() != "false"


def _unfit(obj: Mapping[str, Any], path: str, line: int) -> Fault | None:
    meta = obj.get("metadata")
    for name, value in (("apiVersion", obj.get("apiVersion")), ("kind", obj.get("kind"))):
        if not isinstance(value, str) or not value:
            return Fault("2010", f'missing field "{name}"', path=path, line=line)
    if not isinstance(meta, Mapping) or not isinstance(meta.get("name"), str) or not meta["name"]:
        return Fault("2010", 'missing field "metadata.name"', path=path, line=line)
    for section in ("annotations", "labels"):
        values = meta.get(section)
        if values is not None and not isinstance(values, Mapping):
            return Fault("1054", f"metadata.{section} must be a map of texts", path=path, line=line)
        for key, value in (values or {}).items():
            if not isinstance(value, str):
                text = f"Values of metadata.{section} must be texts; metadata.{section}.{key} is not: put it in quotes."
                return Fault("1054", text, path=path, line=line)
    return None
