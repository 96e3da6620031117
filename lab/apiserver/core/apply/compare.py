"""Which fields an object has, and which ones changed between two objects.

`field_set` gives the leaves that an applied object claims; `compare` gives what a write added, changed and removed.
Source: structured-merge-diff, typed (ToFieldSet, Compare).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lab.apiserver.core.apply.elements import BadItem, indexed, is_atomic_list, item_element
from lab.apiserver.core.apply.fieldset import MEMBER, Tree, marked, union

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node


class Comparison(NamedTuple):
    """Sets of paths: in the new object only, in both but different, in the old object only."""

    added: Tree
    modified: Tree
    removed: Tree


def field_set(obj: dict[str, Any], node: Node | None) -> Tree:
    """The paths that an applied object names: leaves, free map keys and list items, but no plain containers."""
    return _claimed(obj, node) or {}


def _claimed(value: Any, node: Node | None) -> Tree | None:
    """The tree below a value; an empty one for a leaf, None where nothing is claimed."""
    if isinstance(value, dict):
        return MEMBER if node is not None and node.atomic else _claimed_members(value, node)
    if isinstance(value, list):
        if is_atomic_list(node):
            return MEMBER
        assert node is not None
        return _claimed_items(value, node)
    return MEMBER


def _claimed_members(value: dict[str, Any], node: Node | None) -> Tree | None:
    properties = node.properties if node is not None else {}
    additional = node.additional if node is not None else None
    result: Tree = {}
    for key, member in value.items():
        child = properties.get(key)
        if isinstance(member, dict | list):
            below = _claimed(member, child or additional) if member or isinstance(member, list) else MEMBER
            if child is None:
                below = marked(below) if below else MEMBER
            if below is not None:
                result[f"f:{key}"] = below
        else:
            result[f"f:{key}"] = MEMBER
    return result or None


def _claimed_items(value: list[Any], node: Node) -> Tree | None:
    result: Tree = {}
    for element, items in indexed(node, value).items():
        below = _claimed(items[0], node.items) if len(items) == 1 else None
        result[element] = marked(below) if below else MEMBER
    return result or None


def full_set(value: Any, node: Node | None) -> Tree:
    """The tree below a value that exists on one side only: every container counts, so that each gets its `.`."""
    result: Tree = {}
    if isinstance(value, dict):
        if node is not None and node.atomic:
            return MEMBER
        properties = node.properties if node is not None else {}
        additional = node.additional if node is not None else None
        for key, member in value.items():
            if isinstance(member, dict | list):
                result[f"f:{key}"] = full_set(member, properties.get(key) or additional)
            else:
                result[f"f:{key}"] = MEMBER
    elif isinstance(value, list) and node is not None and not is_atomic_list(node):
        for element, items in indexed(node, value).items():
            result[element] = full_set(items[0], node.items) if len(items) == 1 else MEMBER
    return marked(result)


def compare(old: dict[str, Any], new: dict[str, Any], node: Node | None) -> Comparison:
    """What differs between two objects of one schema."""
    result = Comparison({}, {}, {})
    if old != new:
        _compare_members(old, new, node, result)
    return result


def _compare_value(old: Any, new: Any, node: Node | None, element: str, result: Comparison) -> None:
    """Compare what both sides have at `element`, and put the outcome into `result`."""
    if isinstance(old, dict | None) and isinstance(new, dict | None) and (old or new):
        if not (node is not None and node.atomic):
            _descend(element, result, lambda below: _compare_members(old or {}, new or {}, node, below))
            return
    elif isinstance(old, list | None) and isinstance(new, list | None) and (old or new) and not is_atomic_list(node):
        assert node is not None
        _descend(element, result, lambda below: _compare_items(old or [], new or [], node, below))
        return
    result.modified[element] = MEMBER


def _descend(element: str, result: Comparison, run: Any) -> None:
    below = Comparison({}, {}, {})
    run(below)
    for mine, found in zip(result, below, strict=True):
        if found:
            mine[element] = union(mine[element], found) if mine.get(element) else found


def _compare_members(old: dict[str, Any], new: dict[str, Any], node: Node | None, result: Comparison) -> None:
    properties = node.properties if node is not None else {}
    additional = node.additional if node is not None else None
    for key, after in new.items():
        if key not in old:
            result.added[f"f:{key}"] = full_set(after, properties.get(key) or additional)
        elif after != (before := old[key]):
            _compare_value(before, after, properties.get(key) or additional, f"f:{key}", result)
    for key, before in old.items():
        if key not in new:
            result.removed[f"f:{key}"] = full_set(before, properties.get(key) or additional)


def _compare_items(old: list[Any], new: list[Any], node: Node, result: Comparison) -> None:
    before, after = indexed(node, old), indexed(node, new)
    for element in before.keys() | after.keys():
        left, right = before.get(element, []), after.get(element, [])
        if len(left) > 1 or len(right) > 1:
            _compare_duplicates(left, right, node, element, result)
        elif not left:
            result.added[element] = full_set(right[0], node.items)
        elif not right:
            result.removed[element] = full_set(left[0], node.items)
        elif left[0] != right[0]:
            _compare_value(left[0], right[0], node.items, element, result)


def _compare_duplicates(left: list[Any], right: list[Any], node: Node, element: str, result: Comparison) -> None:
    if len(left) > 1 and len(right) > 1:
        if left != right:
            result.modified[element] = MEMBER
    elif len(left) > 1:
        if right:
            result.added[element] = full_set(right[0], node.items)
        result.removed[element] = MEMBER
    else:
        if left:
            result.removed[element] = full_set(left[0], node.items)
        result.added[element] = MEMBER


def without(value: Any, tree: Tree, node: Node | None) -> Any:
    """A copy of the value without the listed paths; None where nothing is left of a container."""
    if isinstance(value, dict):
        if not value or (node is not None and node.atomic):
            return None
        return _without_members(value, tree, node)
    if isinstance(value, list):
        if not value or node is None or is_atomic_list(node):
            return None
        return _without_items(value, tree, node)
    return value


def _without_members(value: dict[str, Any], tree: Tree, node: Node | None) -> dict[str, Any] | None:
    result = {}
    for key, member in value.items():
        below = tree.get(f"f:{key}")
        if below is None:
            result[key] = member
        elif below and "." not in below:
            result[key] = without(member, below, node.child(key) if node is not None else None)
    return result or None


def _without_items(value: list[Any], tree: Tree, node: Node) -> list[Any] | None:
    result = []
    for item in value:
        try:
            below = tree.get(item_element(node, item))
        except BadItem:
            below = None
        if below is None:
            result.append(item)
        elif below and "." not in below:
            result.append(without(item, below, node.items))
    return result or None


def with_named_fields(tree: Tree, node: Node | None) -> Tree:
    """The set plus every element that has something below it and that the schema names as a property."""
    if node is None:
        return tree
    result: Tree = {}
    for element, below in tree.items():
        if not below:
            result[element] = below
        elif element.startswith("f:"):
            key = element[2:]
            inner = with_named_fields(below, node.child(key))
            result[element] = marked(inner) if key in node.properties else inner
        else:
            result[element] = with_named_fields(below, node.items)
    return result
