"""The order of a merged list: the patch's items in the patch's order, the server's others where they stood.

Source: Kubernetes, strategicpatch, normalizeElementOrder and mergeSortedSlice.
"""

from __future__ import annotations

from typing import Any


def partition(items: list[Any], by: list[Any], merge_key: str) -> tuple[list[Any], list[Any]]:
    """Split into the items that occur in `by` and the others; objects are compared by `merge_key`, scalars as such."""
    wanted = [_identity(item, merge_key) for item in by]
    chosen: list[Any] = []
    rest: list[Any] = []
    for item in items:
        (chosen if _identity(item, merge_key) in wanted else rest).append(item)
    return chosen, rest


def ordered(chosen: list[Any], rest: list[Any], order: list[Any], live: list[Any], merge_key: str) -> list[Any]:
    """One list of both parts: `chosen` in the sequence of `order`, `rest` in that of `live`, then interleaved."""
    live_order = [_identity(item, merge_key) for item in live]
    left = _sorted(rest, live_order, merge_key)
    right = _sorted(chosen, [_identity(item, merge_key) for item in order], merge_key)
    result = []
    while left and right:
        before = _position(live_order, left[0], merge_key)
        after = _position(live_order, right[0], merge_key)
        result.append(left.pop(0) if 0 <= before < after else right.pop(0))
    return [*result, *left, *right]


def _identity(item: Any, merge_key: str) -> Any:
    return item.get(merge_key) if merge_key and isinstance(item, dict) else item


def _position(order: list[Any], item: Any, merge_key: str) -> int:
    identity = _identity(item, merge_key)
    return order.index(identity) if identity in order else -1


def _sorted(items: list[Any], order: list[Any], merge_key: str) -> list[Any]:
    known = [item for item in items if _position(order, item, merge_key) >= 0]
    unknown = [item for item in items if _position(order, item, merge_key) < 0]
    known.sort(key=lambda item: _position(order, item, merge_key))
    return [*known, *unknown]
