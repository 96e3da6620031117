"""A printer: the columns of a kind and how the cells of one object are made; with the pieces that many kinds share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.label_selectors import selector_of
from lab.apiserver.core.printers.durations import since
from lab.apiserver.core.resource import Column

Cells = Callable[[dict[str, Any], datetime], list[Any]]
"""From an object and the present moment to its cells, wide ones included."""


@dataclass(frozen=True, slots=True)
class Printer:
    """Columns and cells of one kind. The server always sends wide columns; kubectl leaves out priority 1."""

    columns: tuple[Column, ...]
    cells: Cells


def columns(*names: str, wide: Sequence[str] = ()) -> tuple[Column, ...]:
    """Columns from `Name` or `Name:type`; those of `wide` have priority 1. A column called Name has format name."""
    return tuple(
        Column(name, type_ or "string", format="name" if name == "Name" else "", priority=priority)
        for priority, listed in ((0, names), (1, wide))
        for name, _, type_ in (text.partition(":") for text in listed)
    )


def name_of(obj: Mapping[str, Any]) -> str:
    """metadata.name."""
    name: str = obj.get("metadata", {}).get("name", "")
    return name


def age(obj: Mapping[str, Any], now: datetime) -> str:
    """The age since metadata.creationTimestamp."""
    return since(obj.get("metadata", {}).get("creationTimestamp"), now)


def part(obj: Mapping[str, Any], *keys: str) -> Any:
    """A nested member, or an empty dict where any step is missing or null."""
    value: Any = obj
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return {}
    return value


def number(obj: Mapping[str, Any], *keys: str) -> int:
    """A nested whole number, 0 where it is missing."""
    return part(obj, *keys) or 0


def text(obj: Mapping[str, Any], *keys: str, default: str = "") -> str:
    """A nested value as text, `default` where it is missing or empty."""
    value = part(obj, *keys)
    return str(value) if value not in ({}, "", None) else default


def condition(obj: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    """The status condition of that type, or an empty mapping."""
    listed: Sequence[Mapping[str, Any]] = part(obj, "status").get("conditions") or ()
    return next((c for c in listed if c.get("type") == type_), {})


def containers(pod_spec: Mapping[str, Any]) -> list[str]:
    """Two cells: names and images of the containers, joined by commas."""
    listed = pod_spec.get("containers") or []
    return [",".join(str(c.get(key, "")) for c in listed) for key in ("name", "image")]


def labels_text(labels: Mapping[str, str]) -> str:
    """`a=b,c=d`, or `<none>`."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>"


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """A label selector object as kubectl spells it, `<none>` if it is empty, `<error>` if it cannot be read."""
    try:
        return str(selector_of(selector)) or "<none>"
    except (ApiError, KeyError, TypeError):
        return "<error>"


def with_more(listed: Sequence[str], total: int, most: int = 3) -> str:
    """The first `most`, and how many more there are."""
    shown = ",".join(listed[:most])
    return f"{shown} + {total - most} more..." if total > most else shown


def yes_no(value: object) -> str:
    """A boolean pointer as kubectl shows it."""
    return "<unset>" if value is None else ("True" if value else "False")
