"""DaemonSets: one pod on the one node, if it is wanted there.

Source: Kubernetes, daemon controller (nodeShouldRunDaemonPod, rollingUpdate, storeDaemonSetStatus).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.apiserver.simulate.marks import digest, is_deleting, is_marked, marked
from lab.apiserver.simulate.pod_objects import PODS, create_pod, is_active, is_ready, new_pod
from lab.apiserver.simulate.replica_sets import count_available, owned_pods
from lab.apiserver.simulate.world import World

DAEMON_SETS = "daemonsets.apps"
HASH_LABEL = "controller-revision-hash"


async def reconcile(world: World, namespace: str, name: str) -> float | None:
    """Bring one DaemonSet a step on."""
    owner = await world.client.find(DAEMON_SETS, namespace, name)
    if owner is None or is_deleting(owner):
        return None
    if not is_marked(owner):
        owner = await world.client.patch(DAEMON_SETS, owner, {"metadata": marked({})})
    wanted = await _wanted_here(world, owner)
    hashed = digest(owner["spec"]["template"])
    pods = [pod for pod in await owned_pods(world, owner) if not is_deleting(pod)]
    kept: list[dict[str, Any]] = []
    for pod in pods:
        outdated = _rolls(owner) and pod["metadata"]["labels"].get(HASH_LABEL) != hashed
        if not wanted or outdated or not is_active(pod) or kept:
            await world.client.delete(PODS, pod)
            told = f"Deleted pod: {pod['metadata']['name']}"
            await world.event(owner, "SuccessfulDelete", told, "daemonset-controller")
        else:
            kept.append(pod)
    if wanted and not kept and not await _one_is_leaving(world, owner):
        pod = new_pod(owner, owner["spec"]["template"], labels={HASH_LABEL: hashed}, node=world.node)
        made = await create_pod(world, owner, pod, "daemonset-controller")
        kept = [made] if isinstance(made, dict) else []
    return await _report(world, owner, kept, wanted=wanted, hashed=hashed)


async def _wanted_here(world: World, owner: Mapping[str, Any]) -> bool:
    node = await world.client.find("nodes", "", world.node)
    labels = (node["metadata"].get("labels") or {}) if node is not None else {}
    selector: Mapping[str, str] = owner["spec"]["template"]["spec"].get("nodeSelector") or {}
    return node is not None and all(labels.get(key) == value for key, value in selector.items())


def _rolls(owner: Mapping[str, Any]) -> bool:
    return bool((owner["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate")


async def _one_is_leaving(world: World, owner: Mapping[str, Any]) -> bool:
    """A pod that is being deleted still holds the node's place; its end brings this set up again."""
    return any(is_deleting(pod) for pod in await owned_pods(world, owner))


async def _report(
    world: World, owner: dict[str, Any], pods: list[dict[str, Any]], *, wanted: bool, hashed: str
) -> float | None:
    ready = [pod for pod in pods if is_ready(pod)]
    updated = [pod for pod in pods if pod["metadata"]["labels"].get(HASH_LABEL) == hashed]
    available, later = count_available(world, ready, owner["spec"].get("minReadySeconds") or 0)
    desired = int(wanted)
    status = {
        "currentNumberScheduled": len(pods),
        "numberMisscheduled": 0,
        "desiredNumberScheduled": desired,
        "numberReady": len(ready),
        "observedGeneration": owner["metadata"].get("generation"),
        "updatedNumberScheduled": len(updated) or None,
        "numberAvailable": available or None,
        "numberUnavailable": desired - available or None,
    }
    await world.client.patch_status(DAEMON_SETS, owner, status)
    return later
