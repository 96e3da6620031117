"""Where built-in kinds hold labels and annotations besides their own metadata.

Source: kustomize, field specs of commonLabels and commonAnnotations, as the function catalog uses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.render.resources import Resource


@dataclass(frozen=True, slots=True)
class Field:
    """A map inside an object: `path` uses `[]` for every item of a list; `create` makes what is missing."""

    path: tuple[str, ...]
    create: bool


def _field(path: str, *, create: bool = True) -> Field:
    return Field(tuple(path.split("/")), create)


_WORKLOADS = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
_TEMPLATE = "spec/template/metadata"
_CRON = ("spec/jobTemplate/metadata", "spec/jobTemplate/spec/template/metadata")
_CLAIMS = "spec/volumeClaimTemplates/[]/metadata"

LABEL_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "Service": (_field("spec/selector"),),
    "ReplicationController": (_field("spec/selector"), _field(f"{_TEMPLATE}/labels")),
    **{kind: (_field("spec/selector/matchLabels"), _field(f"{_TEMPLATE}/labels")) for kind in _WORKLOADS},
    "StatefulSet": (
        _field("spec/selector/matchLabels"),
        _field(f"{_TEMPLATE}/labels"),
        _field(f"{_CLAIMS}/labels"),
    ),
    "Job": (_field("spec/selector/matchLabels", create=False), _field(f"{_TEMPLATE}/labels")),
    "CronJob": (
        _field("spec/jobTemplate/spec/selector/matchLabels", create=False),
        *(_field(f"{path}/labels") for path in _CRON),
    ),
    "PodDisruptionBudget": (_field("spec/selector/matchLabels", create=False),),
    "NetworkPolicy": tuple(
        _field(path, create=False)
        for path in (
            "spec/podSelector/matchLabels",
            "spec/ingress/[]/from/[]/podSelector/matchLabels",
            "spec/egress/[]/to/[]/podSelector/matchLabels",
        )
    ),
}
ANNOTATION_FIELDS: Mapping[str, tuple[Field, ...]] = {
    **{kind: (_field(f"{_TEMPLATE}/annotations"),) for kind in (*_WORKLOADS, "ReplicationController", "Job")},
    "StatefulSet": (_field(f"{_TEMPLATE}/annotations"), _field(f"{_CLAIMS}/annotations")),
    "CronJob": tuple(_field(f"{path}/annotations") for path in _CRON),
}
_GROUPS = ("", "apps", "batch", "policy", "networking.k8s.io", "extensions")


def fields_of(resource: Resource, table: Mapping[str, tuple[Field, ...]]) -> tuple[Field, ...]:
    """A table's fields for an object of a built-in kind; none for others."""
    return table.get(resource.kind, ()) if resource.group in _GROUPS else ()


def set_values(data: dict[str, Any], field: Field, values: Mapping[str, str]) -> list[tuple[str | int, ...]]:
    """Set `values` in every map at a field's path; the paths of the maps that were met."""
    return _set(data, field.path, field.create, values, ())


def _set(
    node: Any, path: tuple[str, ...], create: bool, values: Mapping[str, str], at: tuple[str | int, ...]
) -> list[tuple[str | int, ...]]:
    if not path:
        if not isinstance(node, dict):
            return []
        for key in sorted(values):
            node[key] = values[key]
        return [at]
    if path[0] == "[]":
        items = node if isinstance(node, list) else []
        return [met for index, item in enumerate(items) for met in _set(item, path[1:], create, values, (*at, index))]
    if not isinstance(node, dict):
        return []
    if node.get(path[0]) is None:
        if not create or path[1:2] == ("[]",):
            return []
        node[path[0]] = {}
    return _set(node[path[0]], path[1:], create, values, (*at, path[0]))
