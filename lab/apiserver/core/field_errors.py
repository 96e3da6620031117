"""Constructors of field errors with the texts of Kubernetes.

Source: k8s.io/apimachinery, util/validation/field, functions Required, Invalid, NotSupported and their neighbors.
A path is dotted text such as `spec.ports[0].port` or `metadata.labels`; the empty path is shown as `<nil>`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from lab.apiserver.core.errors import FieldError


@dataclass(frozen=True, slots=True)
class Shown:
    """A value whose text is known already, such as a Go struct with its members in their own order."""

    text: str


def quoted(text: str) -> str:
    """A string as Go's %q shows it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


def go_value(value: Any) -> str:
    """A value as it is shown in a field error: strings quoted, numbers plain, everything else as JSON."""
    if isinstance(value, Shown):
        return value.text
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def number_text(value: float) -> str:
    """A number as Go's %v shows it: 5 for 5.0, 1.5 for 1.5, 1e+21 for large ones."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


def _error(kind: str, path: str, body: str, detail: str) -> FieldError:
    shown = path or "<nil>"
    return FieldError(kind, shown, f"{shown}: {body}: {detail}" if detail else f"{shown}: {body}")


def required(path: str, detail: str = "") -> FieldError:
    """The field is missing or empty."""
    return _error("Required", path, "Required value", detail)


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """The value breaks a rule that `detail` names."""
    return _error("Invalid", path, f"Invalid value: {go_value(value)}", detail)


def type_invalid(path: str, value: Any, detail: str) -> FieldError:
    """The value has the wrong JSON type; `value` is the name of the type that was found."""
    return _error("TypeInvalid", path, f"Invalid value: {go_value(value)}", detail)


def not_supported(path: str, value: Any, supported: Iterable[str]) -> FieldError:
    """The value is outside an enumeration, whose members are listed in the given order."""
    listed = ", ".join(quoted(v) for v in supported)
    detail = f"supported values: {listed}" if listed else ""
    return _error("NotSupported", path, f"Unsupported value: {go_value(value)}", detail)


def forbidden(path: str, detail: str) -> FieldError:
    """The field may not be set, or not be changed, under the present conditions."""
    return _error("Forbidden", path, "Forbidden", detail)


def duplicate(path: str, value: Any) -> FieldError:
    """The value occurs twice where it must be unique."""
    return _error("Duplicate", path, f"Duplicate value: {go_value(value)}", "")


def not_found(path: str, value: Any) -> FieldError:
    """The value names something that does not exist."""
    return _error("NotFound", path, f"Not found: {go_value(value)}", "")


def too_long(path: str, limit: int) -> FieldError:
    """The text is longer than `limit` bytes."""
    return _error("TooLong", path, "Too long", f"may not be more than {limit} {'byte' if limit == 1 else 'bytes'}")


def too_many(path: str, actual: int, limit: int) -> FieldError:
    """The list has more than `limit` items."""
    detail = f"must have at most {limit} {'item' if limit == 1 else 'items'}"
    return _error("TooMany", path, f"Too many: {actual}", detail)
