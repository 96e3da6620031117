"""Sets of field paths, in the very form in which managedFields stores them (`fieldsV1`).

A set is a tree of dicts whose keys are path elements: `f:name` a member of an object, `k:{"name":"a"}` an item of a
keyed list, `v:"x"` an item of a list that is a set. An element with an empty dict is itself in the set; an element with
a dict is in the set if that dict has the key `.`. Trees are shared freely: no function here changes its arguments.
Source: structured-merge-diff, fieldpath.Set and its JSON form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

Tree = dict[str, Any]

MEMBER: Tree = {}
"""The tree of an element that is in the set and has nothing below it."""


def marked(tree: Tree) -> Tree:
    """The same children with the element itself in the set."""
    return {".": MEMBER, **tree} if tree and "." not in tree else tree


def union(one: Tree, other: Tree) -> Tree:
    """All paths of both sets."""
    if one is other or not other:
        return one
    if not one:
        return other
    result = dict(one)
    for element, below in other.items():
        known = result.get(element)
        if known is None:
            result[element] = below
        elif known is not below and element != ".":
            result[element] = _union_below(known, below)
    return result


def _union_below(one: Tree, other: Tree) -> Tree:
    if not one:
        return marked(other)
    if not other:
        return marked(one)
    return union(one, other)


def difference(one: Tree, other: Tree) -> Tree:
    """The paths of `one` that are not themselves in `other`; what lies below a removed path stays."""
    if not other:
        return one
    result: Tree = {}
    for element, below in one.items():
        removed = other.get(element)
        if removed is None:
            result[element] = below
        elif element != ".":
            rest = _difference_below(below, removed)
            if rest is not None:
                result[element] = rest
    return result


def _difference_below(one: Tree, other: Tree) -> Tree | None:
    member = (not one or "." in one) and not (not other or "." in other)
    # Without a difference the tree itself comes back, so it is copied and not cut.
    children = {element: below for element, below in difference(one, other).items() if element != "."}
    if member:
        return marked(children)
    return children or None


def intersection(one: Tree, other: Tree) -> Tree:
    """The paths that are in both sets."""
    result: Tree = {}
    for element, below in one.items():
        also = other.get(element)
        if also is None:
            continue
        if below is also:
            result[element] = below
            continue
        member = (not below or "." in below) and (not also or "." in also)
        children = intersection(below, also)
        children.pop(".", None)
        if member:
            result[element] = marked(children)
        elif children:
            result[element] = children
    return result


def has(tree: Tree, path: tuple[str, ...]) -> bool:
    """Whether this path itself is in the set."""
    below: Tree | None = tree
    for element in path:
        below = below.get(element) if below else None
        if below is None:
            return False
    return not below or "." in below


def paths(tree: Tree, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path of the set, in the order of structured-merge-diff: a level's members first, then what is below."""
    elements = sorted(element for element in tree if element != ".")
    for element in elements:
        below = tree[element]
        if not below or "." in below:
            yield (*prefix, element)
    for element in elements:
        if tree[element]:
            yield from paths(tree[element], (*prefix, element))


def path_text(path: tuple[str, ...]) -> str:
    """A path as people read it: `.spec.template.spec.containers[name="a"].image`."""
    return "".join(_element_text(element) for element in path)


def _element_text(element: str) -> str:
    kind, _, rest = element.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "v":
        return f"[={rest}]"
    if kind == "k":
        keys = orjson.loads(rest)
        return "[" + ",".join(f"{name}={orjson.dumps(keys[name]).decode()}" for name in sorted(keys)) + "]"
    return f"[{rest}]"


def ordered(tree: Tree) -> Tree:
    """The same set with its elements in a fixed order, for storing."""
    return {element: ordered(tree[element]) if tree[element] else MEMBER for element in sorted(tree)}
