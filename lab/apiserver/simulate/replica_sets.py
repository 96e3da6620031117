"""ReplicaSets: as many pods as asked for, and their count in the status.

Source: Kubernetes, replicaset controller (manageReplicas, calculateStatus).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from lab.apiserver.core.printers.durations import parse_time
from lab.apiserver.simulate.marks import condition_of, counts, is_deleting, owned_by, with_condition
from lab.apiserver.simulate.pod_objects import PODS, create_pod, is_active, is_ready, new_pod
from lab.apiserver.simulate.world import World

REPLICA_SETS = "replicasets.apps"


async def reconcile(world: World, namespace: str, name: str) -> float | None:
    """Create or delete pods until their number is right, then tell it."""
    replica_set = await world.client.find(REPLICA_SETS, namespace, name)
    if replica_set is None or is_deleting(replica_set):
        return None
    spec = replica_set["spec"]
    wanted = spec.get("replicas", 1)
    pods = await owned_pods(world, replica_set)
    active = [pod for pod in pods if is_active(pod)]
    failure = ""
    for _ in range(wanted - len(active)):
        made = await create_pod(world, replica_set, new_pod(replica_set, spec["template"]), "replicaset-controller")
        if isinstance(made, str):
            failure = made
            break
        active.append(made)
    for pod in least_useful(active)[: max(0, len(active) - wanted)]:
        await world.client.delete(PODS, pod)
        await world.event(
            replica_set, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}", "replicaset-controller"
        )
        active.remove(pod)
    ready = [pod for pod in active if is_ready(pod)]
    available, later = count_available(world, ready, spec.get("minReadySeconds") or 0)
    status = {
        "replicas": len(active),
        "observedGeneration": replica_set["metadata"].get("generation"),
        **counts(fullyLabeledReplicas=len(active), readyReplicas=len(ready), availableReplicas=available),
        "conditions": _conditions(world, replica_set, failure),
    }
    await world.client.patch_status(REPLICA_SETS, replica_set, status)
    return later


def _conditions(world: World, replica_set: Mapping[str, Any], failure: str) -> list[dict[str, Any]] | None:
    """ReplicaFailure while pods cannot be created; nothing otherwise."""
    kept = [c for c in (replica_set.get("status") or {}).get("conditions") or () if c["type"] != "ReplicaFailure"]
    if not failure:
        return kept or None
    known = condition_of(replica_set, "ReplicaFailure")
    if known:
        # The message names a pod that never was, another one each time: told once, it stays.
        return [*kept, dict(known)]
    failed = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure}
    return with_condition(kept, failed, world.now())


async def owned_pods(world: World, owner: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All pods of a controller, found by the labels of its template and its ownership."""
    labels: Mapping[str, str] = (owner["spec"]["template"].get("metadata") or {}).get("labels") or {}
    chosen = ",".join(f"{key}={value}" for key, value in labels.items())
    pods = await world.client.list(PODS, owner["metadata"]["namespace"], labels=chosen)
    return [pod for pod in pods if owned_by(pod, owner)]


def least_useful(pods: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pods in the order in which they are given up: unready ones before ready ones, young before old."""
    by_age = sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
    return sorted(by_age, key=is_ready)


def count_available(world: World, ready: Iterable[Mapping[str, Any]], min_ready: int) -> tuple[int, float | None]:
    """How many have been ready long enough, and the seconds until the next one has."""
    if min_ready <= 0:
        return len(list(ready)), None
    available, waits = 0, []
    for pod in ready:
        since = parse_time(str(condition_of(pod, "Ready").get("lastTransitionTime", ""))) or world.clock.now()
        left = (since + timedelta(seconds=min_ready) - world.clock.now()).total_seconds()
        if left > 0:
            waits.append(left)
        else:
            available += 1
    return available, min(waits, default=None)
