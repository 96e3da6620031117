"""The fields that field selectors may name, by kind, and how the text of each is read from an object.

Source: Kubernetes, the field label conversion functions and selectable-field sets of the registered kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lab.apiserver.core.errors import bad_request
from lab.apiserver.core.resource import Resource


def _path(*keys: str) -> Callable[[dict[str, Any]], str]:
    def read(obj: dict[str, Any]) -> str:
        value: Any = obj
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    return read


def _flag(*keys: str) -> Callable[[dict[str, Any]], str]:
    read = _path(*keys)
    return lambda obj: read(obj) or "false"


def _event_source(obj: dict[str, Any]) -> str:
    return _path("source", "component")(obj) or _path("reportingComponent")(obj)


def _first_pod_ip(obj: dict[str, Any]) -> str:
    addresses = _path("status", "podIP")(obj)
    return addresses or next((ip.get("ip", "") for ip in (obj.get("status") or {}).get("podIPs") or []), "")


_ALIASES = {"namespaces": ("name",)}
_SPECIAL: dict[tuple[str, str, str], Callable[[dict[str, Any]], str]] = {
    ("", "pods", "spec.hostNetwork"): _flag("spec", "hostNetwork"),
    ("", "pods", "status.podIP"): _first_pod_ip,
    ("", "pods", "status.podIPs"): _first_pod_ip,
    ("", "nodes", "spec.unschedulable"): _flag("spec", "unschedulable"),
    ("", "namespaces", "name"): _path("metadata", "name"),
    ("", "events", "source"): _event_source,
    ("batch", "jobs", "status.successful"): _path("status", "succeeded"),
}


def field_names(resource: Resource) -> Sequence[str]:
    """The fields that a selector on this resource may name."""
    scope = (
        ("metadata.name", "metadata.namespace") if resource.namespaced or not resource.custom else ("metadata.name",)
    )
    own = (*(name.removeprefix(".") for name in resource.selectable_fields), *_ALIASES.get(resource.group_resource, ()))
    return tuple(dict.fromkeys((*scope, *own)))


def field_reader(name: str, resource: Resource) -> Callable[[dict[str, Any]], str]:
    """What gives the text of field `name` of an object, empty where absent. Raises ApiError 400 for other fields."""
    allowed = field_names(resource)
    if name not in allowed:
        if resource.custom or len(allowed) > 2:
            raise bad_request(f"field label not supported: {name}")
        raise bad_request(f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"')
    return _SPECIAL.get((resource.group, resource.plural, name)) or _path(*name.split("."))
