"""Objects that several cases use."""

from __future__ import annotations

from typing import Any

from cases.session import Reply, Session

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def config_map(name: str = "a", **data: str) -> dict[str, Any]:
    """A ConfigMap."""
    made: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    return {**made, "data": data} if data else made


def with_metadata(obj: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """The object with more metadata."""
    return {**obj, "metadata": {**obj["metadata"], **metadata}}


def deployment(*containers: dict[str, Any], name: str = "d", **spec: Any) -> dict[str, Any]:
    """A Deployment that selects `app: d`."""
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": list(containers)}}
    whole = {"selector": {"matchLabels": {"app": "d"}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": whole}


def container(name: str = "c", image: str = "registry.example.org/c:1", **more: Any) -> dict[str, Any]:
    """A container."""
    return {"name": name, "image": image, **more}


WIDGET_SPEC: dict[str, Any] = {
    "type": "object",
    "required": ["color"],
    "properties": {
        "color": {"type": "string", "enum": ["red", "blue"]},
        "size": {"type": "integer", "minimum": 1, "default": 3},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "weight": {"type": "integer"}},
            },
        },
        "options": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
    "x-kubernetes-validations": [
        {"rule": "!has(self.size) || self.size < 100", "message": "size must be below 100"},
        {"rule": "self.color == oldSelf.color", "message": "color is for ever"},
    ],
}
WIDGET_STATUS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "phase": {"type": "string"},
        "replicas": {"type": "integer"},
        "selector": {"type": "string"},
        "since": {"type": "string", "format": "date-time"},
        "conditions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"type": {"type": "string"}, "status": {"type": "string"}},
            },
        },
    },
}
COLUMNS = [
    {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "description": "How large."},
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    {"name": "Since", "type": "date", "jsonPath": ".status.since"},
    {"name": "Phase", "type": "string", "jsonPath": ".status.phase", "priority": 1},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]


def widget_crd(group: str, *, spec: dict[str, Any] = WIDGET_SPEC, **version: Any) -> dict[str, Any]:
    """A CustomResourceDefinition of Widgets with a status subresource."""
    schema = {"type": "object", "properties": {"spec": spec, "status": WIDGET_STATUS}}
    served = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
        **version,
    }
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [served]},
    }


def widget(group: str, name: str = "w", **spec: Any) -> dict[str, Any]:
    """A Widget."""
    return {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def established(reply: Reply) -> bool:
    """Whether a CRD is served, by its own word."""
    conditions = reply.body.get("status", {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


async def serve_widgets(api: Session, **crd: Any) -> str:
    """Install the CRD and wait until the kind answers; its path in the case's namespace."""
    made = await api.send("POST", CRDS, widget_crd(api.group, **crd))
    assert made.code == 201, made.body
    await api.until(f"{CRDS}/widgets.{api.group}", established, keep=False)
    path = api.path("widgets", f"{api.group}/v1")
    await api.until(path, lambda reply: reply.code == 200, keep=False)
    return path
