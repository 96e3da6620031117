"""`${name}` in a scenario: where it stands, what it becomes, and picking values out of what a step found.

`$${name}` stays as `${name}`, for text that has such marks of its own. A text that is one `${name}` and nothing else
takes the value with its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_MARK = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}")
Location = tuple[str | int, ...]


class Unset(Exception):
    """A `${name}` that has no value; `name` is the whole name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def substitute(data: Any, values: Mapping[str, Any], *, partly: bool = False) -> Any:
    """A copy of `data` with every `${name}` in its texts replaced. Raises Unset; with `partly` unset ones stay."""
    if isinstance(data, str):
        return _text(data, values, partly)
    if isinstance(data, Mapping):
        return {key: substitute(value, values, partly=partly) for key, value in data.items()}
    if isinstance(data, list):
        return [substitute(item, values, partly=partly) for item in data]
    return data


def marks(data: Any, at: Location = ()) -> Iterator[tuple[Location, str]]:
    """Every `${name}` in the texts of `data`, with its place."""
    if isinstance(data, str):
        for found in _MARK.finditer(data):
            if not found[1]:
                yield at, found[2]
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from marks(value, (*at, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from marks(item, (*at, index))


def known(name: str, values: Mapping[str, Any]) -> bool:
    """Whether `${name}` has a value."""
    try:
        lookup(name, values)
    except Unset:
        return False
    return True


def lookup(name: str, values: Mapping[str, Any]) -> Any:
    """The value of a name; what follows its first dot picks from the value. Raises Unset."""
    if name in values:
        return values[name]
    head, _, rest = name.partition(".")
    if not rest or head not in values:
        raise Unset(name)
    try:
        return pick(values[head], rest)
    except LookupError:
        raise Unset(name) from None


def pick(data: Any, path: str) -> Any:
    """What stands at a path such as `metadata.name` or `items.0.spec`; keys may hold dots. Raises LookupError."""
    if not path:
        return data
    if isinstance(data, Mapping):
        if path in data:
            return data[path]
        for end in (index for index, letter in enumerate(path) if letter == "."):
            if path[:end] in data:
                return pick(data[path[:end]], path[end + 1 :])
    if isinstance(data, list):
        head, _, rest = path.partition(".")
        if head.isdigit() and int(head) < len(data):
            return pick(data[int(head)], rest)
    raise LookupError(path)


def _text(text: str, values: Mapping[str, Any], partly: bool) -> Any:
    whole = _MARK.fullmatch(text)
    if whole is not None and not whole[1]:
        if partly and not known(whole[2], values):
            return text
        return lookup(whole[2], values)

    def fill(found: re.Match[str]) -> str:
        if found[1]:
            return found[0] if partly else found[0][1:]
        if partly and not known(found[2], values):
            return found[0]
        return str(lookup(found[2], values))

    return _MARK.sub(fill, text)
