"""Scalar values as Go's JSON decoder takes them, and its words for values that it does not take.

Source: Go, encoding/json as sigs.k8s.io/json uses it; the custom encodings of Time, Quantity and IntOrString.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lab.apiserver.core import quantity

Convert = Callable[[Any, str], Any]
"""From a JSON value and the path to it, to the value as Go writes it back."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


class WrongType(Exception):
    """A value of the wrong JSON type; `struct` and `path` name the Go field, `wanted` its Go type."""

    def __init__(self, found: Any, wanted: str) -> None:
        super().__init__(wanted)
        self.found = found
        self.wanted = wanted
        self.struct = ""

    def text(self, path: str) -> str:
        """The message of Go's JSON decoder; `path` is the dotted path to the field, without list indexes."""
        where = f"Go struct field {self.struct}.{path}" if self.struct else "Go value"
        return f"json: cannot unmarshal {_json_kind(self.found, self.wanted)} into {where} of type {self.wanted}"


class BadValue(Exception):
    """A value of the right JSON type that its Go type refuses, such as a malformed quantity or time."""


def _json_kind(found: Any, wanted: str) -> str:
    if isinstance(found, bool):
        return "bool"
    if isinstance(found, str):
        return "string"
    if isinstance(found, int | float):
        return f"number {found}" if wanted.startswith(("int", "uint")) else "number"
    return "array" if isinstance(found, list) else "object"


def text(value: Any, _path: str) -> Any:
    """A Go string."""
    if not isinstance(value, str):
        raise WrongType(value, "string")
    return value


def binary(value: Any, _path: str) -> Any:
    """A byte slice, base64 in JSON; line breaks go."""
    if not isinstance(value, str):
        raise WrongType(value, "[]uint8")
    bare = value.replace("\n", "").replace("\r", "")
    try:
        base64.b64decode(bare, validate=True)
    except (ValueError, binascii.Error):
        raise BadValue(f"illegal base64 data at input byte {_first_fault(bare)}") from None
    return bare


def _first_fault(text: str) -> int:
    """Where base64 text goes wrong: at its first foreign character, or at its end when the padding is off."""
    match = _BASE64.match(text)
    fault = match.end() if match else 0
    return fault if fault < len(text) else len(text) - len(text) % 4


def boolean(value: Any, _path: str) -> Any:
    """A Go bool."""
    if not isinstance(value, bool):
        raise WrongType(value, "bool")
    return value


def integer(kind: str) -> Convert:
    """The conversion of a Go integer type such as int32."""
    bits = int(re.sub(r"\D", "", kind) or 64)
    low, high = (0, 2**bits) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1))

    def convert(value: Any, _path: str) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value < high:
            return value
        if isinstance(value, float) and value.is_integer() and low <= value < high:
            return int(value)
        raise WrongType(value, kind)

    return convert


def real(value: Any, _path: str) -> Any:
    """A float64; whole numbers are written without a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(value, "float64")
    return int(value) if float(value).is_integer() else value


def time(value: Any, _path: str) -> Any:
    """A Time: whole seconds in UTC."""
    return _timestamp(value, micro=False)


def micro_time(value: Any, _path: str) -> Any:
    """A MicroTime: microseconds in UTC."""
    return _timestamp(value, micro=True)


def _timestamp(value: Any, *, micro: bool) -> str:
    if not isinstance(value, str):
        raise WrongType(value, "string")
    match = _TIME.fullmatch(value)
    if match is None:
        wanted = "2006-01-02T15:04:05.000000Z07:00" if micro else "2006-01-02T15:04:05Z07:00"
        raise BadValue(f'parsing time "{value}" as "{wanted}": cannot parse "{value}" as "2006"')
    fraction = ((match[3] or "")[1:] + "000000")[:6]
    if match[4] in "Zz":
        day, clock = match[1], match[2]
    else:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[4]}").astimezone(UTC)
        day, clock = moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S")
    return f"{day}T{clock}.{fraction}Z" if micro else f"{day}T{clock}Z"


def amount(value: Any, _path: str) -> Any:
    """A Quantity in canonical form."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(quantity.FORMAT_ERROR)
    try:
        return quantity.canonical(str(value))
    except ValueError as error:
        raise BadValue(str(error)) from None


def int_or_string(value: Any, _path: str) -> Any:
    """An IntOrString."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise WrongType(value, "int32")
    return value


def as_it_is(value: Any, _path: str) -> Any:
    """Raw JSON, kept."""
    return value
