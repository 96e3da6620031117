"""Two recordings of a case side by side, and the differences that are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

_ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in one step; `step` begins with its number."""

    step: str
    path: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.step}: {self.path}: expected {self.expected!r}, found {self.found!r}"


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that is known, and why it stays. `case`, `step` and `path` may hold `*`."""

    case: str
    step: str
    path: str
    reason: str

    def covers(self, case: str, difference: Difference) -> bool:
        """Whether this is the difference; a path covers what is below it."""
        return (
            fnmatchcase(case, self.case)
            and fnmatchcase(difference.step, self.step)
            and (difference.path == self.path or fnmatchcase(difference.path, self.path) or self._above(difference))
        )

    def _above(self, difference: Difference) -> bool:
        return difference.path.startswith((f"{self.path}.", f"{self.path}["))


def known_differences(file: Path) -> list[Known]:
    """The entries of the file of known differences."""
    return [Known(**entry) for entry in yaml.safe_load(file.read_text()) or []]


def differences(expected: Sequence[dict[str, Any]], found: Sequence[dict[str, Any]]) -> list[Difference]:
    """Every place where two lists of steps differ."""
    seen: list[Difference] = []
    for index in range(max(len(expected), len(found))):
        if index >= len(expected) or index >= len(found):
            step = (expected[index:] or found[index:])[0]["step"]
            seen.append(Difference(step, "step", index < len(expected), index < len(found)))
            break
        left, right = expected[index], found[index]
        if left.get("code") != right.get("code"):
            # Nothing else can be compared between a reply and a refusal.
            seen.append(Difference(left["step"], "code", _outcome(left), _outcome(right)))
            continue
        seen += [Difference(left["step"], path.lstrip("."), *pair) for path, *pair in _differ(left, right, "")]
    return seen


def _outcome(step: dict[str, Any]) -> str:
    body = step.get("body")
    return f"{step.get('code')} {body.get('message', '') if isinstance(body, dict) else body}"


def _differ(expected: Any, found: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            yield from _differ(expected.get(key, _ABSENT), found.get(key, _ABSENT), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, pair in enumerate(zip(expected, found, strict=True)):
            yield from _differ(*pair, f"{path}[{index}]")
    elif expected != found:
        yield path, expected, found
