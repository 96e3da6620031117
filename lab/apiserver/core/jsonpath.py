"""The JSONPath of Kubernetes, as printer columns and selectable fields use it.

Source: Kubernetes, client-go `util/jsonpath`: children, indexes, slices, wildcards, unions, recursive descent and
filters such as `.status.conditions[?(@.type=="Ready")].status`. Missing keys give no result and no error.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

Step = Callable[[Iterable[Any]], Iterator[Any]]
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


class JSONPathError(ValueError):
    """The text is no JSONPath that Kubernetes reads."""


class JSONPath:
    """A compiled path; get one with `compile_path`."""

    __slots__ = ("_steps", "text")

    def __init__(self, text: str, steps: tuple[Step, ...]) -> None:
        self.text = text
        self._steps = steps

    def find(self, obj: Any) -> list[Any]:
        """Every value that the path leads to, in document order."""
        values: Iterable[Any] = (obj,)
        for step in self._steps:
            values = step(values)
        return list(values)

    def first(self, obj: Any) -> Any:
        """The first value found, or None."""
        return next(iter(self.find(obj)), None)


@lru_cache(maxsize=4096)
def compile_path(text: str) -> JSONPath:
    """Read a path such as `.spec.replicas`, with or without braces and `$`. Raises JSONPathError."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    return JSONPath(text, tuple(_Reader(inner.removeprefix("$"), text).steps()))


def text_of(value: Any) -> str:
    """A found value as kubectl prints it: text as it is, maps and lists as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class _Reader:
    """Reads steps from left to right."""

    def __init__(self, inner: str, text: str) -> None:
        self._inner = inner
        self._text = text
        self._at = 0

    def steps(self) -> Iterator[Step]:
        while self._at < len(self._inner):
            yield self._step()

    def _fail(self, why: str) -> JSONPathError:
        return JSONPathError(f"unrecognized JSONPath {self._text!r}: {why}")

    def _step(self) -> Step:
        rest = self._inner[self._at :]
        if rest.startswith("["):
            return self._bracket()
        if rest.startswith(".."):
            self._at += 2
            name = self._name() if self._at < len(self._inner) and self._inner[self._at] != "[" else "*"
            return _descend(name)
        if rest.startswith(".["):
            self._at += 1
            return self._bracket()
        if rest.startswith("."):
            self._at += 1
        elif self._at > 0:
            raise self._fail(f"unexpected {rest[0]!r}")
        if self._at == len(self._inner):
            return _same
        return _child(self._name())

    def _name(self) -> str:
        found: list[str] = []
        while self._at < len(self._inner) and (character := self._inner[self._at]) not in ".[":
            if character == "\\" and self._at + 1 < len(self._inner):
                self._at += 1
                character = self._inner[self._at]
            elif character in "{}()]'\" ":
                raise self._fail(f"unexpected {character!r}")
            found.append(character)
            self._at += 1
        if not found:
            raise self._fail("a name is missing")
        return "".join(found)

    def _bracket(self) -> Step:
        start = self._at + 1
        end = _closing(self._inner, start)
        if end < 0:
            raise self._fail("unterminated array")
        inside = self._inner[start:end].strip()
        self._at = end + 1
        if inside == "*":
            return _child("*")
        if inside.startswith("?(") and inside.endswith(")"):
            return self._filter(inside[2:-1].strip())
        parts = _split_outside_quotes(inside, ",")
        return _union([self._selection(part.strip()) for part in parts])

    def _selection(self, part: str) -> Step:
        if len(part) > 1 and part[0] == part[-1] and part[0] in "'\"":
            return _child(part[1:-1], literal=True)
        bounds = part.split(":")
        try:
            numbers = [int(bound) if bound.strip() else None for bound in bounds]
        except ValueError:
            raise self._fail(f"invalid array index {part}") from None
        if len(numbers) == 1 and numbers[0] is not None:
            return _index(numbers[0])
        if len(numbers) in (2, 3):
            return _slice(slice(*numbers))
        raise self._fail(f"invalid array index {part}")

    def _filter(self, condition: str) -> Step:
        for sign, compare in _COMPARISONS.items():
            sides = _split_outside_quotes(condition, sign)
            if len(sides) == 2:
                return _keep(self._operand(sides[0].strip()), compare, self._operand(sides[1].strip()))
        return _keep(self._operand(condition), None, None)

    def _operand(self, side: str) -> Callable[[Any], list[Any]]:
        if side.startswith("@"):
            return compile_path(side[1:] or ".").find
        if len(side) > 1 and side[0] == side[-1] and side[0] in "'\"":
            literal: Any = side[1:-1]
        else:
            try:
                literal = json.loads(side)
            except ValueError:
                raise self._fail(f"unrecognized filter operand {side}") from None
        return lambda _item: [literal]


def _closing(text: str, at: int) -> int:
    depth, quote = 1, ""
    for position in range(at, len(text)):
        character = text[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
            if depth == 0:
                return position
    return -1


def _split_outside_quotes(text: str, separator: str) -> list[str]:
    parts, start, quote, position = [], 0, "", 0
    while position < len(text):
        character = text[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif text.startswith(separator, position):
            parts.append(text[start:position])
            position += len(separator)
            start = position
            continue
        position += 1
    return [*parts, text[start:]]


def _same(values: Iterable[Any]) -> Iterator[Any]:
    yield from values


def _child(name: str, *, literal: bool = False) -> Step:
    def step(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            if name == "*" and not literal:
                yield from _members(value)
            elif isinstance(value, dict) and name in value:
                yield value[name]

    return step


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _descend(name: str) -> Step:
    def walk(value: Any) -> Iterator[Any]:
        if name == "*":
            yield value
        elif isinstance(value, dict) and name in value:
            yield value[name]
        for member in _members(value):
            yield from walk(member)

    def step(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            yield from walk(value)

    return step


def _index(number: int) -> Step:
    def step(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            if isinstance(value, list) and -len(value) <= number < len(value):
                yield value[number]

    return step


def _slice(bounds: slice) -> Step:
    def step(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            if isinstance(value, list):
                yield from value[bounds]

    return step


def _union(steps: list[Step]) -> Step:
    if len(steps) == 1:
        return steps[0]

    def step(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            for selection in steps:
                yield from selection((value,))

    return step


def _keep(
    left: Callable[[Any], list[Any]],
    compare: Callable[[Any, Any], bool] | None,
    right: Callable[[Any], list[Any]] | None,
) -> Step:
    def holds(item: Any) -> bool:
        found = left(item)
        if compare is None or right is None:
            return bool(found)
        other = right(item)
        if not found or not other:
            return False
        try:
            return compare(found[0], other[0])
        except TypeError:
            return False

    def step(values: Iterable[Any]) -> Iterator[Any]:
        for value in values:
            if isinstance(value, list):
                yield from (item for item in value if holds(item))

    return step
