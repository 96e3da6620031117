"""Label selectors: which objects of a list or watch are meant by their labels.

Source: Kubernetes, apimachinery `labels.Parse` (grammar and texts). Refusals are 400 BadRequest with the texts that
kubectl shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.apiserver.core.errors import bad_request
from lab.apiserver.core.validating.names import label_value, qualified_name

SYMBOLS = frozenset("=!(),<>")
OPERATORS = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    "in": "in",
    "notin": "notin",
    ">": "gt",
    "<": "lt",
}
_INTEGER = re.compile(r"[+-]?[0-9]+")


class _Unreadable(Exception):
    """Carries the parser's text up to the place that makes it a 400."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label: `operator` is one of = != in notin exists ! gt lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """True if the labels satisfy this condition; gt and lt compare integers."""
        value = labels.get(self.key)
        if self.operator in ("=", "in"):
            return value is not None and value in self.values
        if self.operator in ("!=", "notin"):
            return value is None or value not in self.values
        if self.operator == "exists":
            return value is not None
        if self.operator == "!":
            return value is None
        if value is None or not _INTEGER.fullmatch(value):
            return False
        return int(value) > int(self.values[0]) if self.operator == "gt" else int(value) < int(self.values[0])

    def __str__(self) -> str:
        if self.operator == "exists":
            return self.key
        if self.operator == "!":
            return f"!{self.key}"
        if self.operator in ("in", "notin"):
            return f"{self.key} {self.operator} ({','.join(sorted(self.values))})"
        sign = {"gt": ">", "lt": "<"}.get(self.operator, self.operator)
        return f"{self.key}{sign}{self.values[0]}"


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All requirements must hold; no requirement matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """True if an object with these labels is selected."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __bool__(self) -> bool:
        return bool(self.requirements)

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


def parse_labels(text: str) -> LabelSelector:
    """Read the `labelSelector` parameter, such as `app=web,tier in (a,b),!canary`. Raises ApiError 400."""
    try:
        return LabelSelector(_Parser(text).requirements())
    except _Unreadable as unreadable:
        raise bad_request(str(unreadable)) from None


def selector_of(selector: Mapping[str, Any] | None) -> LabelSelector:
    """The selector of a `matchLabels`/`matchExpressions` object; None selects nothing a caller should act on.

    Source: Kubernetes, meta/v1 LabelSelectorAsSelector. An operator it does not know raises ApiError 400.
    """
    if not selector:
        return LabelSelector()
    found = [Requirement(key, "=", (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    names = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    for expression in selector.get("matchExpressions") or []:
        operator = names.get(str(expression.get("operator")))
        if operator is None:
            raise bad_request(f'"{expression.get("operator")}" is not a valid label selector operator')
        found.append(Requirement(expression["key"], operator, tuple(expression.get("values") or ())))
    return LabelSelector(tuple(sorted(found, key=lambda requirement: requirement.key)))


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character in " \t\r\n":
            position += 1
        elif character in SYMBOLS:
            width = 2 if text[position : position + 2] in ("==", "!=") else 1
            tokens.append(text[position : position + width])
            position += width
        else:
            start = position
            while position < len(text) and text[position] not in SYMBOLS and text[position] not in " \t\r\n":
                position += 1
            tokens.append(text[start:position])
    return [*tokens, ""]


def _is_word(token: str) -> bool:
    return bool(token) and token[0] not in SYMBOLS


class _Parser:
    """Recursive descent over the tokens; the empty token is the end."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._position = 0

    def _peek(self) -> str:
        return self._tokens[self._position]

    def _next(self) -> str:
        token = self._tokens[self._position]
        self._position = min(self._position + 1, len(self._tokens) - 1)
        return token

    def requirements(self) -> tuple[Requirement, ...]:
        found: list[Requirement] = []
        while token := self._peek():
            if not _is_word(token) and token != "!":
                raise _Unreadable(f"found '{token}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except _Unreadable as unreadable:
                raise _Unreadable(f"unable to parse requirement: {unreadable}") from None
            separator = self._next()
            if not separator:
                break
            if separator != ",":
                raise _Unreadable(f"found '{separator}', expected: ',' or 'end of string'")
            if not _is_word(self._peek()) and self._peek() != "!":
                raise _Unreadable(f"found '{self._peek()}', expected: identifier after ','")
        return tuple(sorted(found, key=lambda requirement: requirement.key))

    def _requirement(self) -> Requirement:
        negated = self._peek() == "!"
        if negated:
            self._next()
        key = self._next()
        if not _is_word(key):
            raise _Unreadable(f"found '{key}', expected: identifier")
        _check_key(key)
        if negated or self._peek() in ("", ","):
            return Requirement(key, "!" if negated else "exists")
        operator = OPERATORS.get(sign := self._next())
        if operator is None:
            raise _Unreadable(f"found '{sign}', expected: in, notin, =, ==, !=, gt, lt")
        values = self._values() if operator in ("in", "notin") else (self._value(),)
        for value in values:
            _check_value(key, value, operator)
        return Requirement(key, operator, values)

    def _value(self) -> str:
        if self._peek() in ("", ","):
            return ""
        if not _is_word(token := self._next()):
            raise _Unreadable(f"found '{token}', expected: identifier")
        return token

    def _values(self) -> tuple[str, ...]:
        if (token := self._next()) != "(":
            raise _Unreadable(f"found '{token}' expected: '('")
        values = []
        while True:
            values.append(self._next() if _is_word(self._peek()) else "")
            token = self._next()
            if token == ")":
                return tuple(dict.fromkeys(values))
            if token != ",":
                raise _Unreadable(f"found '{token}', expected: ',' or ')'")


def _check_key(key: str) -> None:
    if wrong := qualified_name(key):
        raise _Unreadable(f'<nil>: Invalid value: "{key}": {"; ".join(wrong)}')


def _check_value(key: str, value: str, operator: str) -> None:
    if operator not in ("gt", "lt"):
        wrong = label_value(value)
    elif _INTEGER.fullmatch(value):
        return
    else:
        wrong = ["for 'Gt', 'Lt' operators, the value must be an integer"]
    if wrong:
        raise _Unreadable(f'values[0][{key}]: Invalid value: "{value}": {"; ".join(wrong)}')
