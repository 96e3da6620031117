"""What every function of a pipeline takes and gives.

Source: kpt, function result API (FunctionResultList).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from lab.render.resources import Resource

Config: TypeAlias = "Mapping[str, Any] | None"
"""The functionConfig: a ConfigMap or an object of the function's own kind; None when the pipeline gives none."""


@dataclass(frozen=True, slots=True)
class Result:
    """One line of what a function reports; `line` is the file's line, 0 when the result is about no place."""

    message: str
    severity: str = "info"
    file: str = ""
    index: int = 0
    field: str = ""
    line: int = 0
    resource: Mapping[str, str] | None = None
    value: Any = None

    def as_dict(self) -> dict[str, Any]:
        """The result as an item of `results` in a FunctionResultList."""
        item: dict[str, Any] = {"message": self.message, "severity": self.severity}
        if self.resource:
            item["resourceRef"] = dict(self.resource)
        if self.field:
            item["field"] = {"path": self.field}
            if self.value is not None:
                item["field"]["proposedValue"] = self.value
        if self.file:
            item["file"] = {"path": self.file} | ({"index": self.index} if self.index else {})
        return item


@dataclass(frozen=True, slots=True)
class Outcome:
    """The resources after a function (as many as before, in the same order), its results and exit code."""

    resources: tuple[Resource, ...]
    results: tuple[Result, ...] = ()
    exit_code: int = 0
    stderr: str = ""


Function: TypeAlias = Callable[[Sequence[Resource], Config], Outcome]


class FunctionFault(Exception):
    """A function cannot do what it was asked; becomes one error result and exit code 1."""

    def __init__(self, message: str, resource: Resource | None = None, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.resource = resource
        self.path = path


def refused(resources: Iterable[Resource], *results: Result, exit_code: int = 1) -> Outcome:
    """Nothing changed, and error results say why."""
    return Outcome(tuple(resources), results, exit_code, results[0].message if exit_code else "")


def reference(resource: Resource) -> dict[str, str]:
    """The `resourceRef` of a result."""
    fields = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": resource.name,
        "namespace": resource.namespace,
    }
    return {key: value for key, value in fields.items() if value}


def is_kind(config: Config, kind: str, api_version: str) -> bool:
    """Whether a functionConfig has this kind and apiVersion."""
    return config is not None and config.get("kind") == kind and config.get("apiVersion") == api_version


def data_texts(config: Config) -> dict[str, str]:
    """`data` of a ConfigMap as text by text; empty when there is none."""
    data = config.get("data") if config else None
    if not isinstance(data, Mapping):
        return {}
    return {str(key): value_text(value) for key, value in data.items()}


def value_text(value: Any) -> str:
    """A scalar as the text that it would have in a manifest."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
