"""The status of a Deployment: counts, and the conditions Available and Progressing.

Source: Kubernetes, deployment controller (calculateStatus, syncRolloutStatus, deploymentutil conditions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from lab.apiserver.core.printers.durations import parse_time
from lab.apiserver.simulate.marks import condition_of, counts
from lab.apiserver.simulate.rollout import bounds
from lab.apiserver.simulate.world import World

_SEEN = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")


async def report(
    world: World,
    deployment: dict[str, Any],
    current: Mapping[str, Any] | None,
    sets: Sequence[Mapping[str, Any]],
) -> None:
    """Write the status if it changed; `deployment` is brought up to date in place."""
    wanted = deployment["spec"].get("replicas", 1)
    totals = {key: sum(_count(s, key) for s in sets) for key in ("replicas", "readyReplicas", "availableReplicas")}
    updated = _count(current, "replicas") if current is not None else 0
    missing = max(0, sum(s["spec"].get("replicas", 0) for s in sets) - totals["availableReplicas"])
    status: dict[str, Any] = {
        "observedGeneration": deployment["metadata"].get("generation"),
        **counts(**totals, updatedReplicas=updated, unavailableReplicas=missing),
    }
    enough = totals["availableReplicas"] >= wanted - bounds(deployment)[1]
    complete = updated == wanted == totals["replicas"] == totals["availableReplicas"]
    before = deployment.get("status") or {}
    moved = any((before.get(key) or 0) != (status.get(key) or 0) for key in _SEEN)
    conditions = [_available(enough)]
    if deployment["spec"].get("progressDeadlineSeconds") is not None and not deployment["spec"].get("paused"):
        name = current["metadata"]["name"] if current is not None else ""
        conditions.append(_progressing(world, deployment, name, complete=complete, moved=moved))
    failed = next((c for s in sets if (c := condition_of(s, "ReplicaFailure"))), None)
    if failed is not None:
        conditions.append({key: failed[key] for key in ("type", "status", "reason", "message")})
    status["conditions"] = _merged(before.get("conditions") or (), conditions, world.now())
    deployment |= await world.client.patch_status("deployments.apps", deployment, status)


def _count(replica_set: Mapping[str, Any], key: str) -> int:
    return (replica_set.get("status") or {}).get(key) or 0


def _available(enough: bool) -> dict[str, Any]:
    if enough:
        message = "Deployment has minimum availability."
        return {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": message}
    message = "Deployment does not have minimum availability."
    return {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": message}


def _progressing(
    world: World, deployment: Mapping[str, Any], name: str, *, complete: bool, moved: bool
) -> dict[str, Any]:
    """The condition; `moved` is true when the counts changed, which restarts the deadline."""
    old = condition_of(deployment, "Progressing")
    found = {"type": "Progressing", "status": "True"}
    if complete:
        message = f'ReplicaSet "{name}" has successfully progressed.'
        return {**found, "reason": "NewReplicaSetAvailable", "message": message}
    if not old:
        return {**found, "reason": "NewReplicaSetCreated", "message": f'Created new replica set "{name}"'}
    if moved or old.get("reason") == "NewReplicaSetAvailable":
        message = f'ReplicaSet "{name}" is progressing.'
        return {**found, "reason": "ReplicaSetUpdated", "message": message, "lastUpdateTime": world.now()}
    since = parse_time(str(old.get("lastUpdateTime", ""))) or world.clock.now()
    if world.clock.now() >= since + timedelta(seconds=deployment["spec"]["progressDeadlineSeconds"]):
        message = f'ReplicaSet "{name}" has timed out progressing.'
        return {**found, "status": "False", "reason": "ProgressDeadlineExceeded", "message": message}
    return {key: old[key] for key in ("type", "status", "reason", "message")}


def _merged(before: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], now: str) -> list[dict[str, Any]]:
    """Conditions with their times: `lastUpdateTime` moves with any change, `lastTransitionTime` with the status."""
    known = {condition["type"]: condition for condition in before}
    merged = []
    for condition in new:
        old = known.pop(condition["type"], {})
        same = all(old.get(key) == condition[key] for key in ("status", "reason", "message"))
        transition = old["lastTransitionTime"] if old.get("status") == condition["status"] else now
        update = old["lastUpdateTime"] if same and "lastUpdateTime" not in condition else now
        merged.append({**condition, "lastUpdateTime": update, "lastTransitionTime": transition})
    known.pop("ReplicaFailure", None)
    return [*merged, *(dict(condition) for condition in known.values())]
