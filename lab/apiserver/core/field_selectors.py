"""Field selectors: which objects of a list or watch are meant by their fields.

Source: Kubernetes, apimachinery `fields.ParseSelector` (grammar and texts). Refusals are 400 BadRequest with the texts
that kubectl shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.apiserver.core.errors import bad_request
from lab.apiserver.core.field_labels import field_reader
from lab.apiserver.core.resource import Resource


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
