"""Faults of the schemas inside a CustomResourceDefinition: every part has a type, and defaults fit their schema.

Source: Kubernetes, apiextensions-apiserver, structural schemas and their defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.schema import structural_node

_PLACES = {"properties": "specified object fields", "items": "specified array items"}


def schema_faults(schema: dict[str, Any], path: str) -> list[FieldError]:
    """The faults of one version's `openAPIV3Schema`, below its root."""
    return list(_faults(schema, path))


def _faults(schema: dict[str, Any], path: str) -> Iterator[FieldError]:
    for where, place, child in _children(schema, path):
        if not child.get("type") and not _typeless(child):
            field = f"{where}.type"
            yield FieldError("Required", field, f"{field}: Required value: must not be empty for {place}")
        elif "default" in child:
            for fault in structural_node(child).validate(child["default"]):
                field = f"{where}.default"
                wrong = fault.message.removeprefix(f"{fault.field}: ").replace(f" {fault.field} in body", "  in body")
                yield FieldError(fault.kind, field, f"{field}: {wrong}")
        yield from _faults(child, where)


def _typeless(schema: dict[str, Any]) -> bool:
    return bool(
        schema.get("x-kubernetes-int-or-string")
        or schema.get("x-kubernetes-preserve-unknown-fields")
        or schema.get("$ref")
    )


def _children(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, place and schema of every direct part."""
    for name, child in sorted((schema.get("properties") or {}).items()):
        if isinstance(child, dict):
            yield f"{path}.properties[{name}]", _PLACES["properties"], child
    if isinstance(schema.get("items"), dict):
        yield f"{path}.items", _PLACES["items"], schema["items"]
    if isinstance(schema.get("additionalProperties"), dict):
        yield f"{path}.additionalProperties", _PLACES["properties"], schema["additionalProperties"]
