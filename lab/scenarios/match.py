"""Does something look as a scenario says? Matching by subset, six operators, and the smallest difference.

A mapping matches when every key that it names matches; a list when each of its items matches an item of its own on
the other side, in any order; anything else when it is equal. Operators: `$gte`, `$lte`, `$match` (a regular expression
found somewhere), `$len` (a number or operators), `$absent` (true: must not be there; false: must be), `$any` (one of).
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Location = tuple[str | int, ...]


class _Missing:
    """What stands where nothing stands."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where things differ: a path such as `status.phase`, and both sides as text."""

    path: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path or 'it'}: expected {self.expected}, found {self.found}"


def differences(expected: Any, actual: Any, path: str = "") -> list[Difference]:
    """Every place where `actual` is not as `expected` says; empty when it matches."""
    if _is_operator(expected):
        return [d for word, operand in expected.items() for d in OPERATORS[word](operand, actual, path)]
    if isinstance(actual, _Missing):
        return [Difference(path, shown(expected), "nothing")]
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            return [Difference(path, shown(expected), shown(actual))]
        return [
            d
            for key, value in expected.items()
            for d in differences(value, actual.get(key, MISSING), f"{path}.{key}" if path else str(key))
        ]
    if isinstance(expected, list):
        return _lists(expected, actual, path)
    if isinstance(expected, bool) is isinstance(actual, bool) and expected == actual:
        return []
    return [Difference(path, shown(expected), shown(actual))]


def matches(expected: Any, actual: Any) -> bool:
    """Whether `actual` is as `expected` says."""
    return not differences(expected, actual)


def nearest(expected: Any, candidates: Iterable[Any], *, label: Callable[[Any], str], wanted: str) -> list[Any]:
    """The three candidates most like what is expected: fewest differences first, then the likest name."""

    def rank(candidate: Any) -> tuple[int, float, str]:
        name = label(candidate)
        return (
            len(differences(expected, candidate)),
            -difflib.SequenceMatcher(None, wanted, name).ratio(),
            name,
        )

    return sorted(candidates, key=rank)[:3]


def unknown_operators(expected: Any, at: Location = ()) -> Iterator[tuple[Location, str]]:
    """Every key that looks like an operator and is none, or stands beside plain keys, with its place."""
    if isinstance(expected, Mapping):
        words = [key for key in expected if isinstance(key, str) and key.startswith("$")]
        for word in words:
            if word not in OPERATORS or len(words) != len(expected):
                yield (*at, word), word
        for key, value in expected.items():
            yield from unknown_operators(value, (*at, key))
    elif isinstance(expected, list):
        for index, item in enumerate(expected):
            yield from unknown_operators(item, (*at, index))


def shown(value: Any) -> str:
    """A value in few words."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, _Missing):
        return "nothing"
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:117] + "…"


def _is_operator(expected: Any) -> bool:
    return isinstance(expected, Mapping) and bool(expected) and all(key in OPERATORS for key in expected)


def _lists(expected: list[Any], actual: Any, path: str) -> list[Difference]:
    if not isinstance(actual, list):
        return [Difference(path, shown(expected), shown(actual))]
    fits = [[i for i, item in enumerate(actual) if not differences(wish, item)] for wish in expected]
    taken: dict[int, int] = {}
    unmet = [wish for wish in range(len(expected)) if not _place(wish, fits, taken, set())]
    free = [item for index, item in enumerate(actual) if index not in taken]
    return [d for wish in unmet for d in _smallest(expected[wish], free, f"{path}[{wish}]")]


def _place(wish: int, fits: Sequence[Sequence[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Give the wish an item, moving earlier wishes to other items where that helps."""
    for item in fits[wish]:
        if item in tried:
            continue
        tried.add(item)
        if item not in taken or _place(taken[item], fits, taken, tried):
            taken[item] = wish
            return True
    return False


def _smallest(wish: Any, free: Sequence[Any], path: str) -> list[Difference]:
    if not free:
        return [Difference(path, shown(wish), "no further item")]
    return min((differences(wish, item, path) for item in free), key=len)


def _at_least(operand: Any, actual: Any, path: str) -> list[Difference]:
    return _compared(operand, actual, path, "at least", lambda a, b: bool(a >= b))


def _at_most(operand: Any, actual: Any, path: str) -> list[Difference]:
    return _compared(operand, actual, path, "at most", lambda a, b: bool(a <= b))


def _compared(operand: Any, actual: Any, path: str, words: str, good: Callable[[Any, Any], bool]) -> list[Difference]:
    numbers = _number(operand) and _number(actual)
    texts = isinstance(operand, str) and isinstance(actual, str)
    if (numbers or texts) and good(actual, operand):
        return []
    return [Difference(path, f"{words} {shown(operand)}", shown(actual))]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pattern(operand: Any, actual: Any, path: str) -> list[Difference]:
    text = actual if isinstance(actual, str) else None if isinstance(actual, _Missing) else shown(actual)
    if text is not None and re.search(str(operand), text, re.MULTILINE):
        return []
    return [Difference(path, f"a match of {operand}", shown(actual))]


def _length(operand: Any, actual: Any, path: str) -> list[Difference]:
    if not isinstance(actual, Mapping | list | str):
        return [Difference(path, f"length {shown(operand)}", shown(actual))]
    return [
        Difference(path, f"length {d.expected}", f"length {d.found}") for d in differences(operand, len(actual), path)
    ]


def _absent(operand: Any, actual: Any, path: str) -> list[Difference]:
    if isinstance(actual, _Missing) is bool(operand):
        return []
    return [Difference(path, "nothing" if operand else "something", shown(actual))]


def _any(operand: Any, actual: Any, path: str) -> list[Difference]:
    choices = operand if isinstance(operand, list) else [operand]
    if any(not differences(choice, actual, path) for choice in choices):
        return []
    return [Difference(path, "one of " + ", ".join(shown(choice) for choice in choices), shown(actual))]


OPERATORS: dict[str, Callable[[Any, Any, str], list[Difference]]] = {
    "$gte": _at_least,
    "$lte": _at_most,
    "$match": _pattern,
    "$len": _length,
    "$absent": _absent,
    "$any": _any,
}
