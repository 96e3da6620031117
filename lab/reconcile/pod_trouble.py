"""What a workload's own status hides and its Pods tell: an image that cannot be pulled, a container that crashes.

Source: Kubernetes, container states and Pod conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from lab.reconcile.health import Health, Object, Readiness, condition, words

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

_WITH_PODS = frozenset(
    {("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("batch", "Job")}
)


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


def stuck_waiting(pod: Object) -> list[str]:
    """What each container of a Pod says that waits for something that will not come by itself."""
    status = pod.get("status") or {}
    found = []
    for entry in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (entry.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _STUCK_WAITING:
            found.append(words(waiting))
    return found


def _pod_trouble(pod: Object, now: datetime) -> str:
    waiting = stuck_waiting(pod)
    if waiting:
        return waiting[0]
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        since = scheduled.get("lastTransitionTime")
        if since and now - datetime.fromisoformat(since) >= UNSCHEDULABLE_GRACE:
            return words(scheduled)
    return ""
