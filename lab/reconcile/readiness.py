"""How an object does: Current, InProgress, Failed, Terminating, with a reason; and what will not mend itself.

Source: kstatus (the status library of cli-utils), rules per kind; Namespaces have to be Active here, which kstatus does
not ask. What a workload's own status hides, its Pods tell: an image that cannot be pulled, a container that crashes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

Object = Mapping[str, Any]

UNSCHEDULABLE_GRACE = timedelta(seconds=15)

_STUCK_WAITING = frozenset(
    {
        "ImagePullBackOff",
        "ErrImagePull",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    }
)
_REVISION_LABELS = ("pod-template-hash", "controller-revision-hash")


class Health(StrEnum):
    """kstatus' words, and Unknown for what was not looked at."""

    CURRENT = "Current"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    TERMINATING = "Terminating"
    NOT_FOUND = "NotFound"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`reason` is the cluster's own word and sentence; `stuck` says that waiting will not help."""

    health: Health
    reason: str = ""
    stuck: bool = False


CURRENT = Readiness(Health.CURRENT)
NOT_FOUND = Readiness(Health.NOT_FOUND, "the object is not there")


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


def has_pods(obj: Object) -> bool:
    """Whether the object runs Pods whose trouble its own status does not tell."""
    group, _, _version = str(obj.get("apiVersion") or "").rpartition("/")
    return (group, obj.get("kind")) in _WITH_PODS


def pod_selector(obj: Object) -> str:
    """The label selector of a workload's Pods, as a query carries it; empty when it has none."""
    selector = (obj.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def assess_pods(pods: Sequence[Object], now: datetime) -> Readiness | None:
    """The first trouble among a workload's newest Pods that will not mend itself, or None."""
    for pod in _newest(pods):
        trouble = _pod_trouble(pod, now)
        if trouble:
            return Readiness(Health.FAILED, trouble, stuck=True)
    return None


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
    stalled = _condition(obj, "Stalled")
    if stalled.get("status") == "True":
        return Readiness(Health.FAILED, _words(stalled), stuck=True)
    reconciling = _condition(obj, "Reconciling")
    if reconciling.get("status") == "True":
        return Readiness(Health.IN_PROGRESS, _words(reconciling))
    return None


def _condition(obj: Object, kind: str) -> Mapping[str, Any]:
    for condition in (obj.get("status") or {}).get("conditions") or []:
        if condition.get("type") == kind:
            found: Mapping[str, Any] = condition
            return found
    return {}


def _words(condition: Mapping[str, Any]) -> str:
    return ": ".join(str(condition[key]) for key in ("reason", "message") if condition.get(key))


def _custom(obj: Object) -> Readiness:
    ready = _condition(obj, "Ready")
    if ready.get("status") in ("False", "Unknown"):
        return Readiness(Health.IN_PROGRESS, _words(ready))
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
    progressing = _condition(obj, "Progressing")
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
    if want and _condition(obj, "Available").get("status") != "True":
        return Readiness(Health.IN_PROGRESS, "Deployment not Available")
    return CURRENT


def _replica_set(obj: Object) -> Readiness:
    failure = _condition(obj, "ReplicaFailure")
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
    for entry in _waiting(obj):
        return Readiness(Health.FAILED, entry, stuck=True)
    if _condition(obj, "Ready").get("status") == "True":
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
    failed = _condition(obj, "Failed")
    if failed.get("status") == "True":
        return Readiness(Health.FAILED, f"Job Failed. {_words(failed)}", stuck=True)
    status = obj.get("status") or {}
    finished = _condition(obj, "Complete").get("status") == "True"
    suspended = _condition(obj, "Suspended").get("status") == "True"
    if finished or suspended or status.get("startTime"):
        return CURRENT
    return Readiness(Health.IN_PROGRESS, "Job not started")


def _definition(obj: Object) -> Readiness:
    accepted = _condition(obj, "NamesAccepted")
    if accepted.get("status") == "False":
        return Readiness(Health.FAILED, _words(accepted), stuck=True)
    if _condition(obj, "Established").get("status") == "True":
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

_WITH_PODS = frozenset(
    {("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "Job")}
)


# -- Pods ----------------------------------------------------------------------------------------------------


def _newest(pods: Sequence[Object]) -> list[Object]:
    """The Pods of the newest revision: those of the one before may be in trouble that is being replaced."""
    alive = [pod for pod in pods if not (pod.get("metadata") or {}).get("deletionTimestamp")]
    revisions = {_revision(pod) for pod in alive}
    if len(revisions) < 2:
        return alive
    newest = max(alive, key=lambda pod: str((pod.get("metadata") or {}).get("creationTimestamp") or ""))
    return [pod for pod in alive if _revision(pod) == _revision(newest)]


def _revision(pod: Object) -> str:
    labels = (pod.get("metadata") or {}).get("labels") or {}
    return next((str(labels[key]) for key in _REVISION_LABELS if key in labels), "")


def _waiting(pod: Object) -> list[str]:
    status = pod.get("status") or {}
    found = []
    for entry in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (entry.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _STUCK_WAITING:
            found.append(_words(waiting))
    return found


def _pod_trouble(pod: Object, now: datetime) -> str:
    waiting = _waiting(pod)
    if waiting:
        return waiting[0]
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        since = scheduled.get("lastTransitionTime")
        if since and now - datetime.fromisoformat(since) >= UNSCHEDULABLE_GRACE:
            return _words(scheduled)
    return ""
