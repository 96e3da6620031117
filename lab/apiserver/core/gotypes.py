"""Built-in objects as the API server's Go structs would write them back.

A real server decodes each request into Go structs and encodes these again. On the way, members that no struct has
disappear, empty values of `omitempty` fields disappear, and fields without `omitempty` appear with their zero value.
`round_trip` has the same effect on plain JSON data.
Source: Go struct tags of k8s.io/api and k8s.io/apimachinery; the custom encodings of Time, Quantity, IntOrString.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from lab.apiserver.core import quantity
from lab.apiserver.core.data import INLINE, OMIT_EMPTY, OMIT_ZERO, POINTER, struct_fields, struct_for

Convert = Callable[[Any, str], Any]

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_DROPPED = object()


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


def round_trip(group: str, version: str, kind: str, obj: dict[str, Any]) -> dict[str, Any]:
    """The object of a built-in kind as Go would write it, as a new object; unknown kinds are returned as they are.

    Raises WrongType or BadValue, whose text is that of the real decoder (`decode_failure`).
    """
    struct = struct_for(group, version, kind)
    if struct is None:
        return obj
    converted: dict[str, Any] = struct_plan(struct)(obj, "")
    return converted


def decode_failure(error: WrongType | BadValue, version: str, kind: str) -> str:
    """The sentence of the 400 reply to an object that could not be decoded."""
    detail = error.args[0] if isinstance(error, BadValue) else error.text(error.args[1] if error.args[1:] else "")
    return f'{kind} in version "{version}" cannot be handled as a {kind}: {detail}'


def _json_kind(found: Any, wanted: str) -> str:
    if isinstance(found, bool):
        return "bool"
    if isinstance(found, str):
        return "string"
    if isinstance(found, int | float):
        return f"number {found}" if wanted.startswith(("int", "uint")) else "number"
    return "array" if isinstance(found, list) else "object"


@cache
def struct_plan(name: str) -> Convert:
    """The conversion of one Go struct; compiled once."""
    members: list[tuple[str, Convert, Any, bool]] = []
    plan = _StructPlan(name.rpartition(".")[2], go_type(f"#{name}"), members)
    _fill(members, name)
    return plan


class _StructPlan:
    """Converts one struct; filled after creation because structs can contain themselves."""

    __slots__ = ("go_type", "members", "name")

    def __init__(self, name: str, go_type: str, members: list[tuple[str, Convert, Any, bool]]) -> None:
        self.name = name
        self.go_type = go_type
        self.members = members

    def __call__(self, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise WrongType(value, self.go_type)
        result: dict[str, Any] = {}
        for key, convert, missing, keep_empty in self.members:
            member = value.get(key)
            if member is None:
                if missing is not _DROPPED:
                    result[key] = missing(None, "") if callable(missing) else missing
                continue
            try:
                member = convert(member, path)
            except WrongType as error:
                _locate(error, self.name, key)
                raise
            if member or keep_empty or member is None:
                result[key] = member
        return result


def _locate(error: WrongType, struct: str, key: str) -> None:
    error.struct = error.struct or struct
    below = error.args[1] if error.args[1:] else ""
    error.args = (error.args[0], f"{key}.{below}" if below else key)


def _fill(members: list[tuple[str, Convert, Any, bool]], struct: str) -> None:
    for field in struct_fields(struct):
        if field.type == "typemeta":
            members.append(("kind", _string, _DROPPED, False))
            members.append(("apiVersion", _string, _DROPPED, False))
        elif field.flags & INLINE:
            _fill(members, field.type.removeprefix("#"))
        else:
            convert = converter(field.type)
            members.append((field.name, convert, _missing(field.type, field.flags, convert), _keeps_empty(field)))


def _keeps_empty(field: Any) -> bool:
    """Whether an empty value is written: always for pointers and for fields without omitempty."""
    if field.flags & POINTER or not field.flags & OMIT_EMPTY:
        return True
    return bool(field.type.startswith("#")) or field.type in ("intorstring", "quantity")


_ZERO: Mapping[str, Any] = {"string": "", "bool": False, "intorstring": 0, "quantity": "0", "duration": "0s"}


def _missing(kind: str, flags: int, convert: Convert) -> Any:
    """What stands for an absent member: nothing, a zero value, or a function that makes an empty struct."""
    if flags & POINTER:
        return _DROPPED if flags & OMIT_EMPTY else None
    if kind.startswith("#") and not flags & OMIT_ZERO:
        return lambda _value, path: convert({}, path)
    if kind in ("intorstring", "quantity", "time", "microtime", "raw", "json") and not flags & OMIT_ZERO:
        return _ZERO.get(kind)
    if flags & (OMIT_EMPTY | OMIT_ZERO):
        return _DROPPED
    return 0 if kind.startswith(("int", "uint", "float")) else _ZERO.get(kind)


@cache
def converter(kind: str) -> Convert:
    """The conversion for one type name of `GoField.type`."""
    if kind.startswith("#"):
        return _struct(kind[1:])
    if kind.startswith("[]"):
        return _list(converter(kind[2:]), go_type(kind), of_structs=kind.startswith("[]#"))
    if kind.startswith("items:"):
        return _list(converter(kind[6:]), go_type(kind), of_structs=False)
    if kind.startswith("{}"):
        return _map(converter(kind[2:]), go_type(kind))
    if kind.startswith(("int", "uint")) and kind != "intorstring":
        return _integer(kind)
    return _SPECIAL[kind]


def _struct(name: str) -> Convert:
    # Resolved on first use: a struct may contain itself.
    def convert(value: Any, path: str) -> Any:
        return struct_plan(name)(value, path)

    return convert


def go_type(kind: str) -> str:
    """A type as Go prints it: `[]v1.Container`, `map[string]string`."""
    if kind.startswith("[]"):
        return f"[]{go_type(kind[2:])}"
    if kind.startswith("items:"):
        return f"[]{go_type(kind[6:])}"
    if kind.startswith("{}"):
        return f"map[string]{go_type(kind[2:])}"
    if kind.startswith("#"):
        return ".".join(kind[1:].split(".")[-2:])
    return {"bytes": "[]uint8", "float": "float64", "quantity": "resource.Quantity"}.get(kind, kind)


def _list(convert: Convert, wanted: str, *, of_structs: bool) -> Convert:
    def run(value: Any, path: str) -> Any:
        if not isinstance(value, list):
            raise WrongType(value, wanted)
        return [convert({} if item is None and of_structs else item, path) for item in value]

    return run


def _map(convert: Convert, wanted: str) -> Convert:
    empty: Any = "" if wanted == "map[string]string" else None

    def run(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise WrongType(value, wanted)
        return {key: empty if member is None else convert(member, path) for key, member in value.items()}

    return run


def _string(value: Any, _path: str) -> Any:
    if not isinstance(value, str):
        raise WrongType(value, "string")
    return value


def _bytes(value: Any, _path: str) -> Any:
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


def _bool(value: Any, _path: str) -> Any:
    if not isinstance(value, bool):
        raise WrongType(value, "bool")
    return value


def _integer(kind: str) -> Convert:
    bits = int(re.sub(r"\D", "", kind) or 64)
    low, high = (0, 2**bits) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1))

    def convert(value: Any, _path: str) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value < high:
            return value
        if isinstance(value, float) and value.is_integer() and low <= value < high:
            return int(value)
        raise WrongType(value, kind)

    return convert


def _float(value: Any, _path: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(value, "float64")
    return int(value) if float(value).is_integer() else value


def _time(value: Any, _path: str) -> Any:
    return _timestamp(value, micro=False)


def _micro_time(value: Any, _path: str) -> Any:
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


def _quantity(value: Any, _path: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(quantity.FORMAT_ERROR)
    try:
        return quantity.canonical(str(value))
    except ValueError as error:
        raise BadValue(str(error)) from None


def _int_or_string(value: Any, _path: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise WrongType(value, "int32")
    return value


def _as_it_is(value: Any, _path: str) -> Any:
    return value


def _schema(value: Any, path: str) -> Any:
    """A nested schema, a list of schemas, or anything else that may stand in a schema's place."""
    if isinstance(value, list):
        return [_schema(item, path) for item in value]
    return struct_plan("apiextensions.v1.JSONSchemaProps")(value, path) if isinstance(value, dict) else value


_SPECIAL: Mapping[str, Convert] = {
    "string": _string,
    "bool": _bool,
    "float": _float,
    "bytes": _bytes,
    "time": _time,
    "microtime": _micro_time,
    "quantity": _quantity,
    "intorstring": _int_or_string,
    "duration": _string,
    "fields": _as_it_is,
    "raw": _as_it_is,
    "json": _as_it_is,
    "schemaorbool": _schema,
    "schemaorarray": _schema,
    "schemaorstrings": _schema,
}
