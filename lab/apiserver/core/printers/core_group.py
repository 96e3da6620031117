"""The core group without pods and workloads: namespaces, nodes, config, events. Source: internalversion printers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lab.apiserver.core.printers.durations import since
from lab.apiserver.core.printers.printer import (
    Printer,
    age,
    columns,
    condition,
    containers,
    labels_text,
    name_of,
    part,
    text,
)


def _namespace(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), text(obj, "status", "phase"), age(obj, now)]


def _config_map(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), age(obj, now)]


def _secret(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), obj.get("type", ""), len(obj.get("data") or ()), age(obj, now)]


def _service_account(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), len(obj.get("secrets") or ()), age(obj, now)]


def _node_roles(labels: Mapping[str, str]) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = {key.removeprefix(prefix) for key in labels if key.startswith(prefix) and key != prefix}
    if labels.get("kubernetes.io/role"):
        roles.add(labels["kubernetes.io/role"])
    return ",".join(sorted(roles)) or "<none>"


def _node(obj: dict[str, Any], now: datetime) -> list[Any]:
    ready = condition(obj, "Ready").get("status")
    state = "Unknown" if ready is None else ("Ready" if ready == "True" else "NotReady")
    if part(obj, "spec").get("unschedulable"):
        state += ",SchedulingDisabled"
    info = part(obj, "status", "nodeInfo")
    addresses = part(obj, "status").get("addresses") or ()
    found = {a["type"]: a["address"] for a in reversed(addresses)}
    return [
        name_of(obj),
        state,
        _node_roles(obj.get("metadata", {}).get("labels") or {}),
        age(obj, now),
        info.get("kubeletVersion", ""),
        found.get("InternalIP", "<none>"),
        found.get("ExternalIP", "<none>"),
        *(info.get(key) or "<unknown>" for key in ("osImage", "kernelVersion", "containerRuntimeVersion")),
    ]


def _event(obj: dict[str, Any], now: datetime) -> list[Any]:
    first = since(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = since(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    count = obj.get("count") or 1
    if series := obj.get("series"):
        last, count = since(series.get("lastObservedTime"), now), series.get("count", 0)
    target = obj.get("involvedObject") or obj.get("regarding") or {}
    kind, name = str(target.get("kind", "")).lower(), target.get("name", "")
    source = part(obj, "source")
    component = source.get("component") or obj.get("reportingComponent") or obj.get("reportingController") or ""
    host = source.get("host") or obj.get("reportingInstance") or ""
    return [
        last,
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{kind}/{name}" if name else kind,
        target.get("fieldPath", ""),
        f"{component}, {host}" if host else component,
        str(obj.get("message") or obj.get("note") or "").strip(),
        first,
        count,
        name_of(obj),
    ]


def _resource_quota(obj: dict[str, Any], now: datetime) -> list[Any]:
    used = part(obj, "status", "used")
    shown: dict[bool, list[str]] = {True: [], False: []}
    for name, hard in sorted(part(obj, "status", "hard").items()):
        shown[name.startswith("limits.")].append(f"{name}: {used.get(name, '0')}/{hard}")
    return [name_of(obj), ", ".join(shown[False]), ", ".join(shown[True]), age(obj, now)]


def _pod_template(obj: dict[str, Any], _now: datetime) -> list[Any]:
    template = part(obj, "template")
    labels = labels_text(part(template, "metadata", "labels"))
    return [name_of(obj), *containers(part(template, "spec")), labels]


def _component_status(obj: dict[str, Any], _now: datetime) -> list[Any]:
    healthy: Mapping[str, Any] = next((c for c in obj.get("conditions") or () if c.get("type") == "Healthy"), {})
    status = {"True": "Healthy", "False": "Unhealthy"}.get(healthy.get("status", ""), "Unknown")
    return [name_of(obj), status, healthy.get("message", ""), healthy.get("error", "")]


_EVENT_COLUMNS = (
    *columns("Last Seen", "Type", "Reason", "Object"),
    *columns(wide=("Subobject", "Source")),
    *columns("Message"),
    *columns(wide=("First Seen", "Count", "Name")),
)
PRINTERS = {
    "namespaces": Printer(columns("Name", "Status", "Age"), _namespace),
    "configmaps": Printer(columns("Name", "Data", "Age"), _config_map),
    "secrets": Printer(columns("Name", "Type", "Data", "Age"), _secret),
    "serviceaccounts": Printer(columns("Name", "Secrets", "Age"), _service_account),
    "nodes": Printer(
        columns(
            "Name",
            "Status",
            "Roles",
            "Age",
            "Version",
            wide=("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"),
        ),
        _node,
    ),
    "events": Printer(_EVENT_COLUMNS, _event),
    "events.events.k8s.io": Printer(_EVENT_COLUMNS, _event),
    "resourcequotas": Printer(columns("Name", "Request", "Limit", "Age"), _resource_quota),
    "podtemplates": Printer(columns("Name", "Containers", "Images", "Pod Labels"), _pod_template),
    "componentstatuses": Printer(columns("Name", "Status", "Message", "Error"), _component_status),
}
