"""How an object does, judged by its own fields.

Source: kstatus (the status library of cli-utils), rules per kind; Namespaces have to be Active here, which kstatus does
not ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lab.reconcile.health import CURRENT, NOT_FOUND, Health, Object, Readiness, condition, words
from lab.reconcile.pod_trouble import stuck_waiting


def assess(obj: Object | None) -> Readiness:
    """The readiness of one live object, from its own fields alone."""
    if obj is None:
        return NOT_FOUND
    general = _general(obj)
    if general is not None:
        return general
    group, _, _version = str(obj.get("apiVersion") or "").rpartition("/")
    rule = _RULES.get((group, str(obj.get("kind"))))
    return rule(obj) if rule is not None else _custom(obj)


# -- every kind ----------------------------------------------------------------------------------------------


def _general(obj: Object) -> Readiness | None:
    meta = obj.get("metadata") or {}
    status = obj.get("status") or {}
    if meta.get("deletionTimestamp"):
        return Readiness(Health.TERMINATING, "Resource scheduled for deletion")
    observed = status.get("observedGeneration")
    generation = meta.get("generation")
    if observed is not None and generation is not None and observed != generation:
        text = f"{obj.get('kind')} generation is {generation}, but latest observed generation is {observed}"
        return Readiness(Health.IN_PROGRESS, text)
    stalled = condition(obj, "Stalled")
    if stalled.get("status") == "True":
        return Readiness(Health.FAILED, words(stalled), stuck=True)
    reconciling = condition(obj, "Reconciling")
    if reconciling.get("status") == "True":
        return Readiness(Health.IN_PROGRESS, words(reconciling))
    return None


def _custom(obj: Object) -> Readiness:
    ready = condition(obj, "Ready")
    if ready.get("status") in ("False", "Unknown"):
        return Readiness(Health.IN_PROGRESS, words(ready))
    return CURRENT


# -- kinds with rules of their own ---------------------------------------------------------------------------


def _counted(checks: Sequence[tuple[str, int, int]]) -> Readiness | None:
    for label, have, want in checks:
        if have < want:
            return Readiness(Health.IN_PROGRESS, f"{label}: {have}/{want}")
    return None


def _count(values: Mapping[str, Any], key: str, default: int = 0) -> int:
    value = values.get(key)
    return int(value) if value is not None else default


def _deployment(obj: Object) -> Readiness:
    progressing = condition(obj, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return Readiness(Health.FAILED, "Progress deadline exceeded", stuck=True)
    status = obj.get("status") or {}
    want = _count(obj.get("spec") or {}, "replicas", 1)
    updated, replicas = _count(status, "updatedReplicas"), _count(status, "replicas")
    missing = _counted([("Replicas", replicas, want), ("Updated", updated, want)])
    if missing is not None:
        return missing
    if replicas > want:
        return Readiness(Health.IN_PROGRESS, f"Pending termination: {replicas - want}")
    available, ready = _count(status, "availableReplicas"), _count(status, "readyReplicas")
    missing = _counted([("Available", available, updated), ("Ready", ready, want)])
    if missing is not None:
        return missing
    if want and condition(obj, "Available").get("status") != "True":
        return Readiness(Health.IN_PROGRESS, "Deployment not Available")
    return CURRENT


def _replica_set(obj: Object) -> Readiness:
    failure = condition(obj, "ReplicaFailure")
    if failure.get("status") == "True":
        return Readiness(Health.IN_PROGRESS, "Replica Failure condition. Check Pods")
    status = obj.get("status") or {}
    want = _count(obj.get("spec") or {}, "replicas", 1)
    checks = [
        ("Labelled", _count(status, "fullyLabeledReplicas"), want),
        ("Available", _count(status, "availableReplicas"), want),
        ("Ready", _count(status, "readyReplicas"), want),
    ]
    return _counted(checks) or CURRENT


def _stateful_set(obj: Object) -> Readiness:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return CURRENT
    want = _count(spec, "replicas", 1)
    missing = _counted(
        [("Replicas", _count(status, "replicas"), want), ("Ready", _count(status, "readyReplicas"), want)]
    )
    if missing is not None:
        return missing
    partition = _count(strategy.get("rollingUpdate") or {}, "partition")
    if partition:
        return _counted([("Updated", _count(status, "updatedReplicas"), want - partition)]) or CURRENT
    if _count(status, "currentReplicas") < want and status.get("updateRevision") != status.get("currentRevision"):
        return Readiness(Health.IN_PROGRESS, f"current: {_count(status, 'currentReplicas')}/{want}")
    if status.get("currentRevision") != status.get("updateRevision"):
        return Readiness(Health.IN_PROGRESS, "Waiting for updated revision to match current")
    return CURRENT


def _daemon_set(obj: Object) -> Readiness:
    status = obj.get("status") or {}
    if "observedGeneration" not in status:
        return Readiness(Health.IN_PROGRESS, "Missing .status.observedGeneration")
    want = _count(status, "desiredNumberScheduled")
    checks = [
        ("Current", _count(status, "currentNumberScheduled"), want),
        ("Updated", _count(status, "updatedNumberScheduled"), want),
        ("Available", _count(status, "numberAvailable"), want),
        ("Ready", _count(status, "numberReady"), want),
    ]
    return _counted(checks) or CURRENT


def _pod(obj: Object) -> Readiness:
    phase = (obj.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        return CURRENT
    for entry in stuck_waiting(obj):
        return Readiness(Health.FAILED, entry, stuck=True)
    if condition(obj, "Ready").get("status") == "True":
        return CURRENT
    return Readiness(Health.IN_PROGRESS, f"Pod is {phase or 'Pending'}")


def _claim(obj: Object) -> Readiness:
    phase = (obj.get("status") or {}).get("phase")
    return (
        CURRENT if phase == "Bound" else Readiness(Health.IN_PROGRESS, f"PVC is not Bound. phase: {phase or 'unknown'}")
    )


def _service(obj: Object) -> Readiness:
    spec = obj.get("spec") or {}
    if spec.get("type") == "LoadBalancer" and not spec.get("clusterIP"):
        return Readiness(Health.IN_PROGRESS, "ClusterIP not set. Service type: LoadBalancer")
    return CURRENT


def _job(obj: Object) -> Readiness:
    failed = condition(obj, "Failed")
    if failed.get("status") == "True":
        return Readiness(Health.FAILED, f"Job Failed. {words(failed)}", stuck=True)
    status = obj.get("status") or {}
    finished = condition(obj, "Complete").get("status") == "True"
    suspended = condition(obj, "Suspended").get("status") == "True"
    if finished or suspended or status.get("startTime"):
        return CURRENT
    return Readiness(Health.IN_PROGRESS, "Job not started")


def _definition(obj: Object) -> Readiness:
    accepted = condition(obj, "NamesAccepted")
    if accepted.get("status") == "False":
        return Readiness(Health.FAILED, words(accepted), stuck=True)
    if condition(obj, "Established").get("status") == "True":
        return CURRENT
    return Readiness(Health.IN_PROGRESS, "Install in progress")


def _namespace(obj: Object) -> Readiness:
    phase = (obj.get("status") or {}).get("phase")
    return CURRENT if phase == "Active" else Readiness(Health.IN_PROGRESS, f"Namespace is {phase or 'not yet Active'}")


def _disruption_budget(obj: Object) -> Readiness:
    return CURRENT


_RULES: Mapping[tuple[str, str], Callable[[Object], Readiness]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("batch", "Job"): _job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("", "Namespace"): _namespace,
    ("policy", "PodDisruptionBudget"): _disruption_budget,
}
