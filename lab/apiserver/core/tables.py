"""Tables: what `kubectl get` shows, made on the server.

Source: Kubernetes, meta.k8s.io/v1 Table; printers of built-in kinds; the table convertor of
CustomResourceDefinitions, whose columns are JSONPaths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from lab.apiserver.core.jsonpath import JSONPath, JSONPathError, compile_path, text_of
from lab.apiserver.core.partial import partial_metadata
from lab.apiserver.core.printers import administration, core_group, networking, pods, storage, workloads
from lab.apiserver.core.printers.durations import human_duration, parse_time
from lab.apiserver.core.printers.printer import Cells, Printer, name_of
from lab.apiserver.core.resource import Column, Resource

PRINTERS: dict[str, Printer] = {
    **core_group.PRINTERS,
    **pods.PRINTERS,
    **workloads.PRINTERS,
    **networking.PRINTERS,
    **storage.PRINTERS,
    **administration.PRINTERS,
}
"""By group resource, such as `deployments.apps`."""

_NAME = Column("Name", "string", format="name")
_AGE = Column("Age", "date", ".metadata.creationTimestamp")


def table(
    resource: Resource, objects: Sequence[dict[str, Any]], *, now: datetime, include_object: str = "Metadata"
) -> dict[str, Any]:
    """A Table of these objects; its `metadata` is empty and for the caller to fill.

    `include_object` is `Metadata` (a PartialObjectMetadata in each row), `Object` or `None`. Columns of priority 1 are
    always there; kubectl shows them with `-o wide`.
    """
    printer = _printer(resource)
    row_conditions = pods.row_conditions if resource.group_resource == "pods" else None
    rows = []
    for obj in objects:
        row: dict[str, Any] = {"cells": printer.cells(obj, now)}
        if row_conditions is not None and (found := row_conditions(obj)):
            row["conditions"] = found
        row["object"] = _included(obj, include_object)
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "columnDefinitions": [_definition(column) for column in printer.columns],
        "rows": rows,
    }


def _included(obj: dict[str, Any], include_object: str) -> dict[str, Any] | None:
    if include_object == "None":
        return None
    return obj if include_object == "Object" else partial_metadata(obj)


def _definition(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": column.description,
        "priority": column.priority,
    }


def _printer(resource: Resource) -> Printer:
    if not resource.custom and not resource.columns:
        return PRINTERS.get(resource.group_resource, administration.DEFAULT)
    listed = resource.columns or (_AGE,)
    if listed[0].name == _NAME.name:
        # A virtual resource may name its columns whole, as an aggregated API server does.
        listed = listed[1:]
    readers = [_cell_reader(column) for column in listed]
    described = tuple(
        Column(
            column.name,
            column.type,
            column.json_path,
            column.format,
            column.description or f"Custom resource definition column (in JSONPath format): {column.json_path}",
            column.priority,
        )
        for column in listed
    )
    return Printer((_NAME, *described), _custom_cells(readers))


def _custom_cells(readers: Sequence[Callable[[dict[str, Any], datetime], Any]]) -> Cells:
    return lambda obj, now: [name_of(obj), *(read(obj, now) for read in readers)]


def _cell_reader(column: Column) -> Callable[[dict[str, Any], datetime], Any]:
    try:
        path: JSONPath = compile_path(column.json_path)
    except JSONPathError:
        return lambda _obj, _now: None
    type_ = column.type
    return lambda obj, now: _cell(type_, path.first(obj), now)


def _cell(type_: str, value: Any, now: datetime) -> Any:
    """The cell of a found value: text for strings, null where the value is not of the column's type."""
    if value is None:
        return None
    if type_ == "string":
        return text_of(value)
    if type_ == "date":
        return _date(value, now)
    if type_ == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if type_ == "integer" else float(value)


def _date(value: Any, now: datetime) -> str | None:
    if not isinstance(value, str):
        return None
    moment = parse_time(value)
    return "<invalid>" if moment is None else human_duration((now - moment).total_seconds())
