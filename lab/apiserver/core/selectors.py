"""Label and field selectors: which objects of a list or watch are meant.

Source: Kubernetes, apimachinery `labels.Parse` and `fields.ParseSelector` (grammar and texts), and the field labels
that the registered kinds accept. Refusals are 400 BadRequest with the texts kubectl shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.apiserver.core.errors import bad_request
from lab.apiserver.core.field_labels import field_reader
from lab.apiserver.core.resource import Resource
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


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """One comparison of one field with one text; `read` gives the field's text, empty where absent."""

    field: str
    equal: bool
    value: str
    read: Callable[[dict[str, Any]], str]


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All terms must hold. `name` and `namespace` are the exact ones asked for, so that a list can become a look-up."""

    terms: tuple[FieldTerm, ...] = ()

    def matches(self, obj: dict[str, Any]) -> bool:
        """True if the object is selected."""
        return all((term.read(obj) == term.value) is term.equal for term in self.terms)

    @property
    def name(self) -> str | None:
        """The value of `metadata.name=` if it is asked for."""
        return self._exact("metadata.name")

    @property
    def namespace(self) -> str | None:
        """The value of `metadata.namespace=` if it is asked for."""
        return self._exact("metadata.namespace")

    @property
    def only_metadata(self) -> bool:
        """True if name and namespace decide, so that no object need be parsed."""
        return all(term.field in ("metadata.name", "metadata.namespace") for term in self.terms)

    def _exact(self, field: str) -> str | None:
        return next(
            (term.value for term in self.terms if term.equal and term.field == field),
            None,
        )

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        return ",".join(f"{term.field}{'=' if term.equal else '!='}{_escape(term.value)}" for term in self.terms)


def parse_fields(text: str, resource: Resource) -> FieldSelector:
    """Read the `fieldSelector` parameter for one resource.

    Raises ApiError 400 for a term without operator, an unknown escape or a field that the resource does not offer.
    """
    terms = []
    for part in sorted(_split(text)):
        found = re.match(r"(.*?)(!=|==|=)(.*)", part, re.DOTALL)
        if found is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        name, operator, value = found.groups()
        terms.append(FieldTerm(name, operator != "!=", _unescape(value), field_reader(name, resource)))
    return FieldSelector(tuple(terms))


def _split(text: str) -> list[str]:
    """The non-empty terms between commas that no backslash protects."""
    terms, start, escaped = [], 0, False
    for position, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ",":
            terms.append(text[start:position])
            start = position + 1
    return [term for term in (*terms, text[start:]) if term]


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")


def _unescape(value: str) -> str:
    if "\\" not in value and "," not in value and "=" not in value:
        return value
    result, escaped = [], False
    for character in value:
        if escaped:
            if character not in "\\,=":
                raise bad_request(f"invalid field selector: invalid escape sequence: \\{character}")
            result.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in ",=":
            raise bad_request(f"invalid field selector: unescaped character in value: {ord(character)}")
        else:
            result.append(character)
    if escaped:
        raise bad_request("invalid field selector: invalid escape sequence: \\")
    return "".join(result)
