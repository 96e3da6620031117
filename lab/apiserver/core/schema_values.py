"""What a schema does to an object's values: report and remove unknown members, fill in defaults.

Source: Kubernetes, apiextensions-apiserver pruning and defaulting of structural schemas; field validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node


def unknown_fields(node: Node, obj: Any) -> list[str]:
    """Paths of all members outside the schema: in the document's order for built-in kinds, sorted for custom ones."""
    if _knows(node, obj):
        return []
    found: list[str] = []
    _unknown(node, obj, "", found, remove=False)
    if not node.builtin:
        found.sort()
    return found


def prune(node: Node, obj: Any) -> None:
    """Remove all members outside the schema, in place."""
    if not _knows(node, obj):
        _unknown(node, obj, "", [], remove=True)


def _knows(node: Node, value: Any) -> bool:
    """Whether the schema knows every member: the same walk as below without paths, as nearly all objects pass."""
    if isinstance(value, dict):
        properties, additional, preserved = node.properties, node.additional, node.preserve_unknown
        if node.type not in ("object", "") or (not (properties or additional) and node.open):
            return True
        for key, member in value.items():
            child = properties.get(key) or additional
            if child is None:
                if not preserved:
                    return False
            elif isinstance(member, dict | list) and member and not _knows(child, member):
                return False
    elif isinstance(value, list) and node.items is not None:
        items = node.items
        return all(not isinstance(item, dict | list) or _knows(items, item) for item in value)
    return True


def _unknown(node: Node, value: Any, path: str, found: list[str], *, remove: bool) -> None:
    if isinstance(value, dict):
        if node.type not in ("object", "") or (not (node.properties or node.additional) and node.open):
            return
        _unknown_members(node, value, path, found, remove=remove)
    elif isinstance(value, list) and node.items is not None:
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                _unknown(node.items, item, f"{path}[{index}]", found, remove=remove)


def _unknown_members(node: Node, value: dict[str, Any], path: str, found: list[str], *, remove: bool) -> None:
    surplus = []
    for key, member in value.items():
        child = node.properties.get(key) or node.additional
        if child is None:
            if not node.preserve_unknown:
                surplus.append(key)
                found.append(f"{path}.{key}" if path else key)
        elif isinstance(member, dict | list):
            _unknown(child, member, f"{path}.{key}" if path else key, found, remove=remove)
    if remove:
        for key in surplus:
            del value[key]


def apply_defaults(node: Node, value: Any) -> None:
    """Fill in defaults, in place; a null is replaced by the default where null is not allowed.

    Where null is not allowed and there is no default, a null member is dropped.
    """
    if isinstance(value, dict):
        if node.properties:
            _default_members(node, value)
        if node.additional is not None and _has_defaults(node.additional):
            for key, member in value.items():
                if key not in node.properties:
                    apply_defaults(node.additional, member)
    elif isinstance(value, list) and node.items is not None and _has_defaults(node.items):
        for item in value:
            apply_defaults(node.items, item)


def _default_members(node: Node, value: dict[str, Any]) -> None:
    for key, child in node.properties.items():
        if child.builtin and not node.builtin:
            continue
        member = value.get(key)
        if member is None and not (key in value and child.nullable):
            if child.has_default:
                value[key] = member = copied(child.default)
            elif key in value and not child.builtin and not _accepts_null(child):
                del value[key]
                continue
        if isinstance(member, dict | list):
            apply_defaults(child, member)


def _accepts_null(node: Node) -> bool:
    return node.nullable or (node.type == "" and node.preserve_unknown)


def _has_defaults(node: Node) -> bool:
    known = node.scratch.get("defaults")
    if known is None:
        # Assume so while looking: a schema that contains itself would not end otherwise.
        node.scratch["defaults"] = True
        known = node.scratch["defaults"] = not node.builtin or any(
            child is not None and (child.has_default or _has_defaults(child))
            for child in (*node.properties.values(), node.additional, node.items)
        )
    return bool(known)


def copied(value: Any) -> Any:
    """A deep copy of JSON data."""
    return orjson.loads(orjson.dumps(value)) if isinstance(value, dict | list) else value
