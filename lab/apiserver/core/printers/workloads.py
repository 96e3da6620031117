"""Groups apps, batch, autoscaling and policy. Source: Kubernetes, internalversion printers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lab.apiserver.core.printers.durations import human_duration, parse_time, since
from lab.apiserver.core.printers.printer import (
    Printer,
    age,
    columns,
    condition,
    containers,
    labels_text,
    name_of,
    number,
    part,
    selector_text,
    text,
    yes_no,
)

_WIDE = ("Containers", "Images", "Selector")


def _wide(obj: Mapping[str, Any]) -> list[str]:
    spec = part(obj, "spec")
    return [*containers(part(spec, "template", "spec")), selector_text(spec.get("selector"))]


def _ready(obj: Mapping[str, Any]) -> str:
    return f"{number(obj, 'status', 'readyReplicas')}/{number(obj, 'spec', 'replicas')}"


def _deployment(obj: dict[str, Any], now: datetime) -> list[Any]:
    updated, available = number(obj, "status", "updatedReplicas"), number(obj, "status", "availableReplicas")
    return [name_of(obj), _ready(obj), updated, available, age(obj, now), *_wide(obj)]


def _replicas(obj: dict[str, Any], now: datetime) -> list[Any]:
    counts = [
        number(obj, "spec", "replicas"),
        number(obj, "status", "replicas"),
        number(obj, "status", "readyReplicas"),
    ]
    return [name_of(obj), *counts, age(obj, now), *_wide(obj)]


def _replication_controller(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [*_replicas(obj, now)[:-1], labels_text(part(obj, "spec", "selector"))]


def _stateful_set(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), _ready(obj), age(obj, now), *containers(part(obj, "spec", "template", "spec"))]


def _daemon_set(obj: dict[str, Any], now: datetime) -> list[Any]:
    keys = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    nodes = labels_text(part(obj, "spec", "template", "spec", "nodeSelector"))
    return [name_of(obj), *(number(obj, "status", key) for key in keys), nodes, age(obj, now), *_wide(obj)]


def _controller_revision(obj: dict[str, Any], now: datetime) -> list[Any]:
    owners = obj.get("metadata", {}).get("ownerReferences") or ()
    owner = next((o for o in owners if o.get("controller")), None)
    group = owner["apiVersion"].rpartition("/")[0] if owner else ""
    kind = f"{owner['kind']}.{group}" if owner and group else (owner["kind"] if owner else "")
    shown = f"{kind.lower()}/{owner['name']}" if owner else "<none>"
    return [name_of(obj), shown, obj.get("revision", 0), age(obj, now)]


def _job_status(obj: dict[str, Any]) -> str:
    for type_, word in (("Complete", "Complete"), ("Failed", "Failed")):
        if condition(obj, type_).get("status") == "True":
            return word
    if obj.get("metadata", {}).get("deletionTimestamp"):
        return "Terminating"
    for type_ in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if condition(obj, type_).get("status") == "True":
            return type_
    return "Running"


def _job(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    succeeded, parallel = status.get("succeeded") or 0, spec.get("parallelism") or 0
    if spec.get("completions") is not None:
        completions = f"{succeeded}/{spec['completions']}"
    else:
        completions = f"{succeeded}/1 of {parallel}" if parallel > 1 else f"{succeeded}/1"
    started = parse_time(status.get("startTime") or "")
    ended = parse_time(status.get("completionTime") or "") or now
    duration = human_duration((ended - started).total_seconds()) if started else ""
    return [name_of(obj), _job_status(obj), completions, duration, age(obj, now), *_wide(obj)]


def _cron_job(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    last = status.get("lastScheduleTime")
    job = part(spec, "jobTemplate", "spec")
    return [
        name_of(obj),
        spec.get("schedule", ""),
        spec.get("timeZone") or "<none>",
        yes_no(spec.get("suspend")),
        len(status.get("active") or ()),
        since(last, now) if last else "<none>",
        age(obj, now),
        *containers(part(job, "template", "spec")),
        selector_text(job.get("selector")),
    ]


def _disruption_budget(obj: dict[str, Any], now: datetime) -> list[Any]:
    least, most = (text(obj, "spec", key, default="N/A") for key in ("minAvailable", "maxUnavailable"))
    return [name_of(obj), least, most, number(obj, "status", "disruptionsAllowed"), age(obj, now)]


def _metric(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    key = spec["type"][:1].lower() + spec["type"][1:]
    target, current = part(spec, key, "target"), part(status, key, "current")
    named = f"{part(spec, key).get('name', '')}: " if key in ("resource", "containerResource") else ""
    if target.get("averageUtilization") is not None:
        utilization = current.get("averageUtilization")
        shown = "<unknown>" if utilization is None else f"{utilization}%"
        return f"{named}{shown}/{target['averageUtilization']}%"
    average = target.get("averageValue")
    value = average if average is not None else target.get("value", "<auto>")
    now = current.get("averageValue" if average is not None else "value") or "<unknown>"
    note = " (avg)" if average is not None and key in ("external", "object") else ""
    return f"{named}{now}/{value}{note}"


def _autoscaler(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    current = status.get("currentMetrics") or []
    metrics = [_metric(m, current[i] if i < len(current) else {}) for i, m in enumerate(spec.get("metrics") or ())]
    shown = ", ".join(metrics[:2]) + (f" + {len(metrics) - 2} more..." if len(metrics) > 2 else "")
    target = part(spec, "scaleTargetRef")
    return [
        name_of(obj),
        f"{target.get('kind', '')}/{target.get('name', '')}",
        shown or "<none>",
        text(spec, "minReplicas", default="<unset>"),
        number(spec, "maxReplicas"),
        number(status, "currentReplicas"),
        age(obj, now),
    ]


_REPLICAS = columns("Name", "Desired:integer", "Current:integer", "Ready:integer", "Age", wide=_WIDE)
PRINTERS = {
    "deployments.apps": Printer(columns("Name", "Ready", "Up-to-date", "Available", "Age", wide=_WIDE), _deployment),
    "replicasets.apps": Printer(_REPLICAS, _replicas),
    "replicationcontrollers": Printer(_REPLICAS, _replication_controller),
    "statefulsets.apps": Printer(columns("Name", "Ready", "Age", wide=_WIDE[:2]), _stateful_set),
    "daemonsets.apps": Printer(
        columns(
            "Name",
            "Desired:integer",
            "Current:integer",
            "Ready:integer",
            "Up-to-date:integer",
            "Available:integer",
            "Node Selector",
            "Age",
            wide=_WIDE,
        ),
        _daemon_set,
    ),
    "controllerrevisions.apps": Printer(columns("Name", "Controller", "Revision", "Age"), _controller_revision),
    "jobs.batch": Printer(columns("Name", "Status", "Completions", "Duration", "Age", wide=_WIDE), _job),
    "cronjobs.batch": Printer(
        columns(
            "Name", "Schedule", "Timezone", "Suspend:boolean", "Active:integer", "Last Schedule", "Age", wide=_WIDE
        ),
        _cron_job,
    ),
    "poddisruptionbudgets.policy": Printer(
        columns("Name", "Min Available", "Max Unavailable", "Allowed Disruptions:integer", "Age"), _disruption_budget
    ),
    "horizontalpodautoscalers.autoscaling": Printer(
        columns("Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"), _autoscaler
    ),
}
