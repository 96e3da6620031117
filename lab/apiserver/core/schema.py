"""Compiled schemas: one `Node` per place in an object, for built-in kinds and for CustomResourceDefinitions.

A node knows the type of its value, its children, and how lists and maps behave under merges. Built-in nodes come
from the OpenAPI components, where references share one node; custom ones from structural schemas, where equal
schemas share one tree. Source: Kubernetes, OpenAPI v3 extensions `x-kubernetes-*`; apiextensions, structural schemas.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import orjson

from lab.apiserver.core import schema_checks, schema_values
from lab.apiserver.core.data import component, component_for
from lab.apiserver.core.errors import FieldError

_REFERENCE = "#/components/schemas/"


class Node:
    """One place in an object. Nodes are shared and never changed once compiled.

    `type` is object, array, string, integer, number, boolean or the empty text (anything). `properties` are the named
    children, `additional` the schema of all other keys, `items` that of list elements. `list_type` is atomic, set or
    map with `map_keys`; `atomic` is true where a list or object is owned as a whole. `patch_strategy` and
    `patch_key` steer strategic merge patches. `default` counts only if `has_default`.
    """

    __slots__ = (
        "additional",
        "alternatives",
        "atomic",
        "builtin",
        "default",
        "embedded",
        "enum",
        "format",
        "has_default",
        "int_or_string",
        "items",
        "list_type",
        "map_keys",
        "nullable",
        "patch_key",
        "patch_strategy",
        "preserve_unknown",
        "properties",
        "raw",
        "required",
        "scratch",
        "type",
    )

    def __init__(self, raw: dict[str, Any], *, builtin: bool) -> None:
        self.raw = raw
        self.builtin = builtin
        self.properties: dict[str, Node] = {}
        self.additional: Node | None = None
        self.items: Node | None = None
        self.alternatives: dict[str, list[Node]] = {}
        """Compiled members of allOf, anyOf, oneOf and not (a list of one)."""
        self.scratch: dict[str, Any] = {}
        """Room for what other modules derive from this node once, such as compiled rules."""
        self._read(raw)

    def _read(self, raw: dict[str, Any]) -> None:
        self.type: str = raw.get("type", "")
        self.format: str = raw.get("format", "")
        self.nullable: bool = raw.get("nullable", False)
        self.enum: list[Any] | None = raw.get("enum")
        self.required: tuple[str, ...] = tuple(raw.get("required", ()))
        self.has_default = "default" in raw
        self.default: Any = raw.get("default")
        self.int_or_string: bool = raw.get("x-kubernetes-int-or-string", False) or self.format == "int-or-string"
        self.preserve_unknown: bool = raw.get("x-kubernetes-preserve-unknown-fields", False)
        self.embedded: bool = raw.get("x-kubernetes-embedded-resource", False)
        self.patch_strategy: tuple[str, ...] = tuple(
            filter(None, raw.get("x-kubernetes-patch-strategy", "").split(","))
        )
        self.patch_key: str = raw.get("x-kubernetes-patch-merge-key", "")
        self._read_list(raw)
        self.atomic: bool = self.list_type == "atomic" or raw.get("x-kubernetes-map-type") == "atomic"

    def _read_list(self, raw: dict[str, Any]) -> None:
        self.map_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys", ()))
        declared = raw.get("x-kubernetes-list-type")
        if declared is None and self.type == "array":
            # Lists of built-in kinds that only say how to patch them are owned the same way.
            if "merge" not in self.patch_strategy:
                declared = "atomic"
            elif self.patch_key:
                declared, self.map_keys = "map", (self.patch_key,)
            else:
                declared = "set"
        self.list_type: str = declared or ""

    def __repr__(self) -> str:
        return f"Node({self.type or 'any'}, {sorted(self.properties)})"

    @property
    def open(self) -> bool:
        """True where keys that no property names are kept: free-form maps and preserved parts."""
        return self.preserve_unknown or self.additional is not None or not (self.type or self.properties)

    def child(self, key: str) -> Node | None:
        """The node of an object's member, or None where the schema says nothing about it."""
        return self.properties.get(key) or self.additional

    def validate(self, obj: Any, path: str = "") -> list[FieldError]:
        """Every fault of the value against the schema, with the texts of Kubernetes; CEL rules are not run here."""
        return schema_checks.validate(self, obj, path)

    def validate_changes(self, obj: dict[str, Any], old: dict[str, Any]) -> list[FieldError]:
        """As `validate`, but members that are as in `old` are taken as they are."""
        return schema_checks.validate_changes(self, obj, old)

    def unknown_fields(self, obj: Any) -> list[str]:
        """Paths of members that the schema does not know, in the document's order, such as `spec.items[0].y`."""
        return schema_values.unknown_fields(self, obj)

    def prune(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Remove, in place, what `unknown_fields` lists; returns the same object."""
        schema_values.prune(self, obj)
        return obj

    def apply_defaults(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Fill in, in place, the schema's defaults where members are missing; returns the same object."""
        schema_values.apply_defaults(self, obj)
        return obj


@cache
def builtin_node(group: str, version: str, kind: str) -> Node | None:
    """The compiled schema of a built-in kind, or None where Kubernetes 1.34 does not serve it."""
    name = component_for(group, version, kind)
    return None if name is None else component_node(name)


_components: dict[str, Node] = {}


def component_node(name: str) -> Node:
    """The compiled schema of one OpenAPI component. Raises KeyError for an unknown name."""
    found = _components.get(name)
    if found is None:
        raw = component(name)
        # Registered before its children are compiled: JSONSchemaProps contains itself.
        found = _components[name] = Node(raw, builtin=True)
        _fill_builtin(found)
    return found


def _fill_builtin(node: Node) -> None:
    raw = node.raw
    for key, value in raw.get("properties", {}).items():
        node.properties[key] = _builtin_child(value)
    if isinstance(raw.get("additionalProperties"), dict):
        node.additional = _builtin_child(raw["additionalProperties"])
    elif node.type == "object" and not node.properties:
        # An embedded object of whatever kind: one value to field managers.
        node.preserve_unknown = node.atomic = True
    if "items" in raw:
        node.items = _builtin_child(raw["items"])


def _builtin_child(raw: dict[str, Any]) -> Node:
    reference = raw.get("$ref")
    overrides = raw
    if isinstance(reference, str):
        return component_node(reference.removeprefix(_REFERENCE))
    nested = raw.get("allOf")
    if nested and len(nested) == 1 and isinstance(nested[0].get("$ref"), str):
        base = component_node(nested[0]["$ref"].removeprefix(_REFERENCE))
        return _refined(base, {k: v for k, v in overrides.items() if k != "allOf"})
    node = Node(raw, builtin=True)
    _fill_builtin(node)
    return node


def _refined(base: Node, overrides: dict[str, Any]) -> Node:
    """A node like `base` with a default or merge behavior of its own; the children stay shared."""
    node = Node({**base.raw, **overrides}, builtin=True)
    node.properties = base.properties
    node.additional = base.additional
    node.items = base.items
    node.preserve_unknown = base.preserve_unknown
    node.atomic = node.atomic or base.atomic
    return node


_structural: dict[bytes, Node] = {}


def structural_node(openapi_v3_schema: dict[str, Any]) -> Node:
    """The compiled schema of one version of a CustomResourceDefinition (`schema.openAPIV3Schema`).

    Equal schemas give the same node, whatever cluster they come from. The root's metadata, apiVersion and kind are
    those of every Kubernetes object, as the server adds them itself.
    """
    digest = hashlib.blake2b(orjson.dumps(openapi_v3_schema, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
    found = _structural.get(digest)
    if found is None:
        found = _structural[digest] = _structural_tree(openapi_v3_schema, embedded=True)
    return found


def _structural_tree(raw: dict[str, Any], *, embedded: bool) -> Node:
    node = Node(raw, builtin=False)
    for key, value in raw.get("properties", {}).items():
        node.properties[key] = _structural_tree(value, embedded=value.get("x-kubernetes-embedded-resource", False))
    additional = raw.get("additionalProperties")
    if isinstance(additional, dict):
        node.additional = _structural_tree(additional, embedded=additional.get("x-kubernetes-embedded-resource", False))
    elif additional is True:
        node.additional = Node({}, builtin=False)
        node.additional.preserve_unknown = True
    items = raw.get("items")
    if isinstance(items, dict):
        node.items = _structural_tree(items, embedded=items.get("x-kubernetes-embedded-resource", False))
    for key in ("allOf", "anyOf", "oneOf"):
        if raw.get(key):
            node.alternatives[key] = [_structural_tree(part, embedded=False) for part in raw[key]]
    if raw.get("not"):
        node.alternatives["not"] = [_structural_tree(raw["not"], embedded=False)]
    if embedded:
        _add_object_fields(node)
    return node


def _add_object_fields(node: Node) -> None:
    text = Node({"type": "string"}, builtin=True)
    node.properties = {
        **node.properties,
        "apiVersion": text,
        "kind": text,
        "metadata": component_node("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"),
    }
