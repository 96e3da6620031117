"""Built-in objects as the API server's Go structs would write them back.

A real server decodes each request into Go structs and encodes these again. On the way, members that no struct has
disappear, empty values of `omitempty` fields disappear, and fields without `omitempty` appear with their zero value.
`round_trip` has the same effect on plain JSON data.
Source: Go struct tags of k8s.io/api and k8s.io/apimachinery; the custom encodings of Time, Quantity, IntOrString.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from lab.apiserver.core import go_scalars
from lab.apiserver.core.data import INLINE, OMIT_EMPTY, OMIT_ZERO, POINTER, struct_fields, struct_for
from lab.apiserver.core.go_scalars import BadValue, Convert, WrongType

_DROPPED = object()


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
            members.append(("kind", go_scalars.text, _DROPPED, False))
            members.append(("apiVersion", go_scalars.text, _DROPPED, False))
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
        return go_scalars.integer(kind)
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


def _schema(value: Any, path: str) -> Any:
    """A nested schema, a list of schemas, or anything else that may stand in a schema's place."""
    if isinstance(value, list):
        return [_schema(item, path) for item in value]
    return struct_plan("apiextensions.v1.JSONSchemaProps")(value, path) if isinstance(value, dict) else value


_SPECIAL: Mapping[str, Convert] = {
    "string": go_scalars.text,
    "bool": go_scalars.boolean,
    "float": go_scalars.real,
    "bytes": go_scalars.binary,
    "time": go_scalars.time,
    "microtime": go_scalars.micro_time,
    "quantity": go_scalars.amount,
    "intorstring": go_scalars.int_or_string,
    "duration": go_scalars.text,
    "fields": go_scalars.as_it_is,
    "raw": go_scalars.as_it_is,
    "json": go_scalars.as_it_is,
    "schemaorbool": _schema,
    "schemaorarray": _schema,
    "schemaorstrings": _schema,
}
