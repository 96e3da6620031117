"""Reading Kubernetes' protobuf request bodies. kubectl sends them since 1.32; answers stay JSON.

Source: Kubernetes, protobuf serializer: four magic bytes, then a runtime.Unknown with the object's type and its raw
message; field numbers from the Go struct tags.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import orjson

from lab.apiserver.core import gotypes
from lab.apiserver.core.data import INLINE, struct_fields, struct_for
from lab.apiserver.core.errors import bad_request

MAGIC = b"k8s\x00"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decode(body: bytes) -> dict[str, Any]:
    """The object in a protobuf body as JSON data, with the members that Go would write for it.

    Raises ApiError 400 for anything that is not a known kind in a well-formed envelope.
    """
    if not body.startswith(MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        return _decode(body)
    except (IndexError, struct.error, UnicodeDecodeError, ValueError) as error:
        raise bad_request(f"unable to read the protobuf message: {error}") from None


def _decode(body: bytes) -> dict[str, Any]:
    api_version, kind, raw, content_type = _envelope(body[len(MAGIC) :])
    if content_type == "application/json":
        parsed: dict[str, Any] = orjson.loads(raw)
        return parsed
    group, _, version = api_version.rpartition("/")
    name = struct_for(group, version, kind)
    if name is None:
        raise bad_request(f'no kind "{kind}" is registered for version "{api_version}" in scheme')
    obj = _message(name, raw)
    obj["apiVersion"] = api_version
    obj["kind"] = kind
    return gotypes.round_trip(group, version, kind, obj)


def _envelope(body: bytes) -> tuple[str, str, bytes, str]:
    api_version = kind = content_type = ""
    raw = b""
    for number, value in _fields(body):
        if number == 1:
            meta = dict(_fields(value))
            api_version, kind = meta.get(1, b"").decode(), meta.get(2, b"").decode()
        elif number == 2:
            raw = value
        elif number == 4:
            content_type = value.decode()
    return api_version, kind, raw, content_type


def _varint(body: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = body[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    """Each field's number and its value: an int for varints, bytes for everything else."""
    position, end = 0, len(body)
    while position < end:
        tag, position = _varint(body, position)
        wire = tag & 7
        if wire == 0:
            value, position = _varint(body, position)
            yield tag >> 3, value
            continue
        if wire == 2:
            size, position = _varint(body, position)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"illegal wire type {wire}")
        if position + size > end:
            raise ValueError("unexpected EOF")
        yield tag >> 3, body[position : position + size]
        position += size


@cache
def _numbers(name: str) -> dict[int, tuple[str, str]]:
    """Field number to JSON name and type; an inlined struct has the empty name."""
    return {f.number: ("" if f.flags & INLINE else f.name, f.type) for f in struct_fields(name) if f.number}


def _message(name: str, body: bytes) -> dict[str, Any]:
    result: dict[str, Any] = {}
    numbers = _numbers(name)
    for number, value in _fields(body):
        known = numbers.get(number)
        if known is None:
            continue
        key, kind = known
        if not key:
            result.update(_message(kind[1:], value))
        elif kind.startswith("[]"):
            result.setdefault(key, []).append(_value(kind[2:], value))
        elif kind.startswith("{}"):
            entry = dict(_fields(value))
            result.setdefault(key, {})[entry.get(1, b"").decode()] = _value(kind[2:], entry.get(2, b""))
        else:
            result[key] = _value(kind, value)
    return result


def _value(kind: str, value: Any) -> Any:
    if kind == "string":
        return value.decode()
    if kind == "bool":
        return bool(value)
    if kind.startswith("#"):
        return _message(kind[1:], value)
    if kind.startswith("items:"):
        return [_value(kind[6:], item) for _, item in _fields(value)]
    if kind == "bytes":
        return base64.b64encode(value).decode()
    if kind == "float":
        return struct.unpack("<d" if len(value) == 8 else "<f", value)[0]
    if isinstance(value, int):
        return _signed(value)
    return _SPECIAL[kind](value)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _time(body: bytes) -> str | None:
    fields = dict(_fields(body))
    if not fields:
        return None
    moment = _EPOCH + timedelta(seconds=_signed(fields.get(1, 0)))
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fields.get(2, 0) // 1000:06d}Z"


def _quantity(body: bytes) -> str:
    text: bytes = dict(_fields(body)).get(1, b"")
    return text.decode() or "0"


def _int_or_string(body: bytes) -> int | str:
    fields = dict(_fields(body))
    if fields.get(1, 0) == 1:
        text: bytes = fields.get(3, b"")
        return text.decode()
    return _signed(fields.get(2, 0))


def _json(body: bytes) -> Any:
    raw = dict(_fields(body)).get(1, b"")
    return orjson.loads(raw) if raw else None


def _duration(body: bytes) -> str:
    seconds, nanos = divmod(_signed(dict(_fields(body)).get(1, 0)), 10**9)
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    shown = f"{rest}.{nanos:09d}".rstrip("0").rstrip(".") if nanos else str(rest)
    if hours:
        return f"{hours}h{minutes}m{shown}s"
    return f"{minutes}m{shown}s" if minutes else f"{shown}s"


_SCHEMA = "v1.JSONSchemaProps"


def _schema(body: bytes) -> dict[str, Any]:
    return _message(f"apiextensions.{_SCHEMA}", body)


def _schema_or_bool(body: bytes) -> Any:
    fields = dict(_fields(body))
    return _schema(fields[2]) if 2 in fields else bool(fields.get(1, 0))


def _schema_or_array(body: bytes) -> Any:
    listed = [_schema(value) for number, value in _fields(body) if number == 2]
    single = dict(_fields(body)).get(1)
    return listed if listed else _schema(single or b"")


def _schema_or_strings(body: bytes) -> Any:
    listed = [value.decode() for number, value in _fields(body) if number == 2]
    single = dict(_fields(body)).get(1)
    return listed if single is None else _schema(single)


_SPECIAL = {
    "time": _time,
    "microtime": _time,
    "quantity": _quantity,
    "intorstring": _int_or_string,
    "fields": _json,
    "raw": _json,
    "json": _json,
    "duration": _duration,
    "schemaorbool": _schema_or_bool,
    "schemaorarray": _schema_or_array,
    "schemaorstrings": _schema_or_strings,
}
