"""Which fields a Kptfile may have, and what makes one invalid.

Source: kpt, API kpt.dev/v1 (Kptfile types and validation); unknown fields are refused.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from lab.kit.yaml_nodes import AliasNode, Entry, MappingNode, Node, ScalarNode, SequenceNode, key_of

API_VERSION = "kpt.dev/v1"

Shape: TypeAlias = "str | Record | ListOf"
"""`text`, `texts` (text by text), `any`, a record, or a list of one shape."""


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with named fields; `type_name` is how kpt names it in messages."""

    type_name: str
    fields: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items have one shape."""

    item: Shape


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """A field at a place where it may not be, or with a value that it may not have; line and column from 1."""

    line: int
    column: int
    message: str


_GIT = Record("v1.Git", dict.fromkeys(("repo", "directory", "ref"), "text"))
_GIT_LOCK = Record("v1.GitLock", dict.fromkeys(("repo", "directory", "ref", "commit"), "text"))
_SELECTOR = Record(
    "v1.Selector",
    {**dict.fromkeys(("apiVersion", "kind", "name", "namespace"), "text"), "labels": "texts", "annotations": "texts"},
)
_FUNCTION = Record(
    "v1.Function",
    {
        **dict.fromkeys(("image", "exec", "tag", "configPath", "name"), "text"),
        "configMap": "texts",
        "selectors": ListOf(_SELECTOR),
        "exclude": ListOf(_SELECTOR),
    },
)
_CONDITION = Record("v1.Condition", dict.fromkeys(("type", "status", "reason", "message"), "text"))
_STEP = Record(
    "v1.PipelineStepResult",
    {
        **dict.fromkeys(("name", "image", "exec", "executionError", "stderr"), "text"),
        **dict.fromkeys(("exitCode", "results", "errorResults"), "any"),
    },
)
KPTFILE = Record(
    "v1.KptFile",
    {
        "apiVersion": "text",
        "kind": "text",
        "metadata": "any",
        "upstream": Record("v1.Upstream", {"type": "text", "git": _GIT, "updateStrategy": "text"}),
        "upstreamLock": Record("v1.Locator", {"type": "text", "git": _GIT_LOCK}),
        "info": Record(
            "v1.PackageInfo",
            {
                **dict.fromkeys(("site", "license", "licenseFile", "description", "man"), "text"),
                "emails": ListOf("text"),
                "keywords": ListOf("text"),
                "readinessGates": ListOf(Record("v1.ReadinessGate", {"conditionType": "text"})),
            },
        ),
        "pipeline": Record("v1.Pipeline", {"mutators": ListOf(_FUNCTION), "validators": ListOf(_FUNCTION)}),
        "inventory": Record(
            "v1.Inventory",
            {
                **dict.fromkeys(("namespace", "name", "inventoryID"), "text"),
                "labels": "texts",
                "annotations": "texts",
            },
        ),
        "status": Record(
            "v1.Status",
            {
                "conditions": ListOf(_CONDITION),
                "renderStatus": Record(
                    "v1.RenderStatus",
                    {"mutationSteps": ListOf(_STEP), "validationSteps": ListOf(_STEP), "errorSummary": "text"},
                ),
            },
        ),
    },
)


def schema_faults(root: Node) -> list[SchemaFault]:
    """Unknown fields and values of the wrong kind, in the order of the text."""
    return list(_faults(root, KPTFILE))


def _faults(node: Node, shape: Shape) -> Iterator[SchemaFault]:
    while isinstance(node, AliasNode):
        node = node.target
    if shape == "any" or (isinstance(node, ScalarNode) and node.text in ("", "~", "null") and not node.style):
        return
    if isinstance(shape, Record):
        yield from _record_faults(node, shape)
    elif isinstance(shape, ListOf):
        if not isinstance(node, SequenceNode):
            yield _wrong_kind(node, "[]" + _type_name(shape.item))
            return
        for item in node.items:
            yield from _faults(item, shape.item)
    elif shape == "texts":
        if not isinstance(node, MappingNode):
            yield _wrong_kind(node, "map[string]string")
            return
        for entry in node.entries:
            yield from _faults(entry.value, "text")
    elif not isinstance(node, ScalarNode):
        yield _wrong_kind(node, "string")


def _record_faults(node: Node, shape: Record) -> Iterator[SchemaFault]:
    if not isinstance(node, MappingNode):
        yield _wrong_kind(node, shape.type_name)
        return
    for entry in node.entries:
        inner = shape.fields.get(_name(entry))
        if inner is None:
            message = f"field {_name(entry)} not found in type {shape.type_name}"
            yield SchemaFault(entry.key.line + 1, entry.key.column + 1, message)
        else:
            yield from _faults(entry.value, inner)


def _name(entry: Entry) -> str:
    return entry.key.text if isinstance(entry.key, ScalarNode) else key_of(entry.key)


def _type_name(shape: Shape) -> str:
    return shape.type_name if isinstance(shape, Record) else "string"


def _wrong_kind(node: Node, wanted: str) -> SchemaFault:
    found = "!!map" if isinstance(node, MappingNode) else "!!seq" if isinstance(node, SequenceNode) else "!!str"
    shown = f" `{node.text}`" if isinstance(node, ScalarNode) else ""
    return SchemaFault(node.line + 1, node.column + 1, f"cannot unmarshal {found}{shown} into {wanted}")


def pipeline_fault(data: Mapping[str, Any]) -> tuple[tuple[str | int, ...], str] | None:
    """Path and text of the first invalid function of a Kptfile's pipeline, or None.

    The text is kpt's: `Kptfile is invalid:`, a line with the field, a line with the reason.
    """
    pipeline = data.get("pipeline") or {}
    for kind in ("mutators", "validators"):
        for index, function in enumerate(pipeline.get(kind) or []):
            wrong = _function_reason(function)
            if wrong:
                field, reason = wrong
                where = f"pipeline.{kind}[{index}]" + (f".{field}" if field else "")
                text = f"Kptfile is invalid:\nField: `{where}`\nReason: {reason}"
                return ("pipeline", kind, index, *([field] if field else [])), text
    return None


def _function_reason(function: Mapping[str, Any]) -> tuple[str, str] | None:
    image, executable = function.get("image"), function.get("exec")
    path = function.get("configPath")
    if not image and not executable:
        return "", "must specify a functon (`image` or `exec`) to execute"
    if image and executable:
        return "", "must not specify both `image` and `exec` at the same time"
    if function.get("configMap") and path:
        return "", "functionConfig must not specify both `configMap` and `configPath` at the same time"
    if not path:
        return None
    if posixpath.isabs(path):
        return "configPath", f"path must be relative, {path!r} is absolute"
    if posixpath.normpath(path).startswith(".."):
        return "configPath", "path must not be outside the package"
    return None
