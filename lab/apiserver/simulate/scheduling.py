"""The scheduler's part: a node for a pod, or the reason why there is none.

Source: Kubernetes, kube-scheduler (NodeUnschedulable, NodeAffinity, TaintToleration, VolumeBinding; texts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.apiserver.simulate.marks import condition_of, with_condition
from lab.apiserver.simulate.pod_objects import CLAIMS, PODS, claims_of
from lab.apiserver.simulate.world import World


async def schedule(world: World, pod: dict[str, Any]) -> float | None:
    """Bind a pod to the one node when its time has come; seconds to wait until then."""
    metadata, spec = pod["metadata"], pod["spec"]
    if spec.get("schedulingGates") or spec.get("schedulerName", "default-scheduler") != "default-scheduler":
        return None
    left = world.wait_for(metadata["uid"], "schedule", world.timing.schedule)
    if left > 0:
        return left
    node = await world.client.find("nodes", "", world.node)
    why = await _unschedulable(world, pod, node)
    if why:
        if condition_of(pod, "PodScheduled").get("message") != why:
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why}
            conditions = with_condition(pod["status"].get("conditions") or (), condition, world.now())
            await world.client.patch_status(PODS, pod, {"conditions": conditions})
            await world.event(pod, "FailedScheduling", why, "default-scheduler")
        return None
    await world.client.bind(metadata["namespace"], metadata["name"], world.node)
    return None


async def _unschedulable(world: World, pod: Mapping[str, Any], node: Mapping[str, Any] | None) -> str:
    tail = "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    if node is None:
        return "no nodes available to schedule pods"
    if node["spec"].get("unschedulable"):
        return f"0/1 nodes are available: 1 node(s) were unschedulable. {tail}"
    taint = _untolerated(node["spec"].get("taints") or (), pod["spec"].get("tolerations") or ())
    if taint is not None:
        shown = f"{{{taint['key']}: {taint.get('value', '')}}}"
        return f"0/1 nodes are available: 1 node(s) had untolerated taint(s) {shown}. {tail}"
    labels = node["metadata"].get("labels") or {}
    wanted: Mapping[str, str] = pod["spec"].get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return f"0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. {tail}"
    for claim in claims_of(pod):
        found = await world.client.find(CLAIMS, pod["metadata"]["namespace"], claim)
        if found is None:
            return f'0/1 nodes are available: persistentvolumeclaim "{claim}" not found. {tail}'
    return ""


def _untolerated(
    taints: Sequence[Mapping[str, Any]], tolerations: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The first taint that keeps the pod off and that no toleration covers."""
    for taint in taints:
        if taint.get("effect") == "PreferNoSchedule" or any(_covers(toleration, taint) for toleration in tolerations):
            continue
        return taint
    return None


def _covers(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("operator") == "Exists":
        return not toleration.get("key") or toleration["key"] == taint["key"]
    return bool(toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""))


async def tell_scheduled(world: World, pod: Mapping[str, Any]) -> None:
    """The event by which the scheduler tells of its choice."""
    metadata = pod["metadata"]
    assigned = f"Successfully assigned {metadata['namespace']}/{metadata['name']} to {world.node}"
    await world.event(pod, "Scheduled", assigned, "default-scheduler")
