"""Merging an applied object into the live one, with the order rules for list items.

Source: structured-merge-diff, typed (Merge, visitListItems).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.apiserver.core.apply.elements import BadItem, is_atomic_list, item_element

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node

_ABSENT: Any = object()


def merge(live: dict[str, Any], applied: dict[str, Any], node: Node | None) -> dict[str, Any]:
    """The live object with everything that is applied; neither input is changed, unchanged parts are shared."""
    merged: dict[str, Any] = _merge_members(live, applied, node)
    return merged


def _merge_value(live: Any, applied: Any, node: Node | None) -> Any:
    if applied is _ABSENT or live is _ABSENT:
        return live if applied is _ABSENT else applied
    if isinstance(live, dict | None) and isinstance(applied, dict | None) and (live or applied):
        if not (node is not None and node.atomic):
            return _merge_members(live or {}, applied or {}, node)
        return applied
    if node is None or is_atomic_list(node) or not (live or applied):
        return applied
    if isinstance(live, list | None) and isinstance(applied, list | None):
        return _merge_items(live or [], applied or [], node)
    return applied


def _merge_members(live: dict[str, Any], applied: dict[str, Any], node: Node | None) -> dict[str, Any]:
    result = dict(live)
    for key, value in applied.items():
        known = live.get(key, _ABSENT)
        if isinstance(value, dict | list | None) and known is not _ABSENT:
            result[key] = _merge_value(known, value, node.child(key) if node is not None else None)
        else:
            result[key] = value
    return result


def _named(items: list[Any], node: Node) -> tuple[list[str], dict[str, Any]]:
    """The items' path elements in order, and each one's item; an element that occurs twice stands for no item."""
    elements = []
    found: dict[str, Any] = {}
    for item in items:
        try:
            element = item_element(node, item)
        except BadItem:
            continue
        found[element] = None if element in found else item
        elements.append(element)
    return elements, found


def _merge_items(live: list[Any], applied: list[Any], node: Node) -> list[Any]:
    """Items of both lists: the applied order wins among applied items, live-only ones keep their neighborhood."""
    right, by_right = _named(applied, node)
    left, by_left = _named(live, node)
    shared = iter([element for element in right if element in by_left])
    following = next(shared, None)
    result: list[Any] = []
    done: set[str] = set()

    def take(element: str) -> None:
        done.add(element)
        result.append(_merge_value(by_left.get(element, _ABSENT), by_right[element], node.items))

    at_left = at_right = 0
    while at_left < len(left) or at_right < len(right):
        if at_left < len(left) and at_right < len(right):
            element = left[at_left]
            if element == right[at_right]:
                take(element)
                at_left += 1
                at_right += 1
                following = next(shared, None)
                continue
            if element in by_right and following is not None and following != element:
                at_left += 1
                continue
        if at_left < len(left):
            element = left[at_left]
            if element not in by_right:
                result.append(live[at_left])
                at_left += 1
                continue
            if element in done:
                at_left += 1
        if at_right < len(right):
            element = right[at_right]
            take(element)
            at_right += 1
            if following == element:
                following = next(shared, None)
    return result
