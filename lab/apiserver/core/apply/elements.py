"""How a value decomposes: which child schema a member has, and which path element names a list item.

Source: structured-merge-diff, typed (list items to path elements, deduced types); kube-openapi schema conversion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node


class BadItem(Exception):
    """A list item that its list's keys cannot name."""


def is_atomic_list(node: Node | None) -> bool:
    """True where a list is owned as a whole; without a schema every list is."""
    return node is None or node.atomic or node.list_type not in ("set", "map")


def item_element(node: Node, item: Any) -> str:
    """The path element of one item of a list that is a set or a map. Raises BadItem."""
    if node.list_type == "map":
        return _keyed(node, item)
    if isinstance(item, dict):
        raise BadItem("associative list without keys has an element that's a map type")
    if isinstance(item, list):
        raise BadItem("not supported: associative list with lists as elements")
    if item is None:
        raise BadItem("associative list without keys has an element that's an explicit null")
    return f"v:{orjson.dumps(item).decode()}"


def _keyed(node: Node, item: Any) -> str:
    if item is None:
        raise BadItem("associative list with keys may not have a null element")
    if not isinstance(item, dict):
        raise BadItem("associative list with keys may not have non-map elements")
    found = {}
    for key in node.map_keys:
        if key in item:
            found[key] = item[key]
        elif node.items is not None:
            child = node.items.properties.get(key)
            if child is not None and child.default is not None:
                found[key] = child.default
    if not found:
        keys = " ".join(orjson.dumps(key).decode() for key in node.map_keys)
        raise BadItem(
            f"associative list with keys has an element that omits all key fields [{keys}] "
            "(and doesn't have default values for any key fields)"
        )
    return f"k:{orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()}"


def indexed(node: Node, items: list[Any]) -> dict[str, list[Any]]:
    """The items by path element, each with all items of that name; items without a name are left out."""
    found: dict[str, list[Any]] = {}
    for item in items:
        try:
            element = item_element(node, item)
        except BadItem:
            continue
        found.setdefault(element, []).append(item)
    return found
