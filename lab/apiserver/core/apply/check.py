"""What an applied object must satisfy before its fields can be owned.

Source: structured-merge-diff, typed validation: unknown fields, wrong types and duplicate list items have no owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.apiserver.core.apply.elements import BadItem, is_atomic_list, item_element
from lab.apiserver.core.apply.fieldset import path_text

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node


def faults(obj: dict[str, Any], node: Node | None) -> list[str]:
    """The object's faults, each with its path, such as `.spec.x: field not declared in schema`; sorted."""
    found: list[str] = []
    if node is not None:
        _check(obj, node, "", found)
    found.sort()
    return found


def _check(value: Any, node: Node, path: str, found: list[str]) -> None:
    if value is None:
        return
    if isinstance(value, dict):
        _check_members(value, node, path, found)
    elif isinstance(value, list):
        if node.type not in ("array", ""):
            found.append(f"{path}: {_expected(node)}, got &{{{value}}}")
        elif node.items is not None:
            _check_items(value, node, path, found)
    elif node.type in ("object", "array") or (node.type and not node.int_or_string):
        _check_scalar(value, node, path, found)


def _check_members(value: dict[str, Any], node: Node, path: str, found: list[str]) -> None:
    if node.type not in ("object", ""):
        found.append(f"{path}: {_expected(node)}, got &{{{value}}}")
        return
    for key, member in value.items():
        child = node.child(key)
        if child is not None:
            _check(member, child, f"{path}.{key}", found)
        elif node.properties and not node.preserve_unknown:
            found.append(f"{path}.{key}: field not declared in schema")


def _check_items(value: list[Any], node: Node, path: str, found: list[str]) -> None:
    assert node.items is not None
    seen = set()
    for index, item in enumerate(value):
        where = f"{path}[{index}]"
        if not is_atomic_list(node):
            try:
                element = item_element(node, item)
            except BadItem as fault:
                found.append(f"{path}: element {index}: {fault}")
                return
            where = path + path_text((element,))
            if element in seen:
                found.append(f"{path}: duplicate entries for key {path_text((element,))}")
            seen.add(element)
        _check(item, node.items, where, found)


def _check_scalar(value: Any, node: Node, path: str, found: list[str]) -> None:
    if node.type == "string":
        fits = isinstance(value, str)
    elif node.type == "boolean":
        fits = isinstance(value, bool)
    elif node.type in ("integer", "number"):
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    else:
        fits = False
    if not fits:
        found.append(f"{path}: {_expected(node)}, got {_shown(value, node)}")


def _expected(node: Node) -> str:
    names = {"object": "map", "array": "list", "integer": "numeric (int or float)", "number": "numeric (int or float)"}
    return f"expected {names.get(node.type, node.type)}"


def _shown(value: Any, node: Node) -> str:
    if node.type in ("integer", "number"):
        return "bool" if isinstance(value, bool) else "string"
    inner = str(value).lower() if isinstance(value, bool) else str(value)
    return f"&value.valueUnstructured{{Value:{inner}}}" if node.type == "string" else f"&{{{inner}}}"
