"""Field paths of replacements: `spec.ports.[name=web].port`, `data.a\\.b`, `spec.list.*`, `metadata.labels.[a.b/c]`.

Source: kustomize, replacements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lab.render.functions._contract import FunctionFault, value_text

Steps = tuple[str | int, ...]
_PART = re.compile(r"\[[^\]]*\]|(?:\\.|[^.\\])+")


def split_path(path: str) -> list[str]:
    """The parts of a path; `\\.` is a dot inside a part, brackets protect theirs."""
    return [part.replace("\\.", ".") for part in _PART.findall(path)]


def find(node: Any, parts: list[str], path: str, *, create: bool) -> Iterator[Steps]:
    """The places that a path names in an object, as keys and positions; with `create` missing maps are made.

    Raises FunctionFault when the path leads nowhere.
    """
    if not parts:
        yield ()
        return
    part, rest = parts[0], parts[1:]
    for step, child in _steps(node, part, path, create=create, last=not rest, following=rest[:1]):
        for inner in find(child, rest, path, create=create):
            yield (step, *inner)


def _steps(
    node: Any, part: str, path: str, *, create: bool, last: bool, following: list[str]
) -> list[tuple[str | int, Any]]:
    if part == "*":
        return list(enumerate(node)) if isinstance(node, list) else list(node.items()) if isinstance(node, dict) else []
    if part.startswith("[") and "=" in part:
        return _matching_items(node, part[1:-1], path, create=create)
    key = part[1:-1] if part.startswith("[") else part
    if isinstance(node, list):
        return [_item(node, key, path, create=create, last=last)]
    if isinstance(node, dict) and (node.get(key) is not None or (key in node and last)):
        return [(key, node[key])]
    if isinstance(node, dict) and create:
        listed = bool(following) and following[0].startswith("[") and "=" in following[0]
        node[key] = None if last else [] if listed else {}
        return [(key, node[key])]
    raise _missing(path, create=create)


def _item(node: list[Any], key: str, path: str, *, create: bool, last: bool) -> tuple[int, Any]:
    if not re.fullmatch(r"-|\d+", key):
        raise _missing(path, create=create)
    index = len(node) if key == "-" else int(key)
    if index == len(node) and create:
        node.append(None if last else {})
    if index >= len(node):
        reason = f"index {index} specified but only {len(node)} elements found"
        raise FunctionFault(f'unable to find or create field "{path}" in replacement target: {reason}')
    return index, node[index]


def _matching_items(node: Any, condition: str, path: str, *, create: bool) -> list[tuple[str | int, Any]]:
    key, _, value = condition.partition("=")
    items = node if isinstance(node, list) else []
    found: list[tuple[str | int, Any]] = [
        (index, item)
        for index, item in enumerate(items)
        if (value_text(item.get(key)) if isinstance(item, dict) and key else value_text(item)) == value
    ]
    if not found and create and isinstance(node, list):
        node.append({key: value})
        return [(len(node) - 1, node[-1])]
    if not found:
        raise _missing(path, create=create)
    return found


def _missing(path: str, *, create: bool) -> FunctionFault:
    verb = "find or create" if create else "find"
    return FunctionFault(f'unable to {verb} field "{path}" in replacement target')


def value_at(node: Any, steps: Steps) -> Any:
    """The value at a place that `find` gave."""
    for step in steps:
        node = node[step]
    return node


def put_at(node: Any, steps: Steps, value: Any) -> None:
    """Put a value at a place that `find` gave."""
    value_at(node, steps[:-1])[steps[-1]] = value
