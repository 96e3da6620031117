"""StatefulSets: numbered pods, one after the other, each with its claims.

Source: Kubernetes, statefulset controller (defaultStatefulSetControl.updateStatefulSet).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.apiserver.simulate.marks import counts, digest, is_deleting, is_marked, marked, owner_reference
from lab.apiserver.simulate.pod_objects import CLAIMS, PODS, is_active, is_ready, new_pod
from lab.apiserver.simulate.replica_sets import count_available, owned_pods
from lab.apiserver.simulate.world import World

STATEFUL_SETS = "statefulsets.apps"
REVISION_LABEL = "controller-revision-hash"


async def reconcile(world: World, namespace: str, name: str) -> float | None:
    """Bring one StatefulSet a step on."""
    owner = await world.client.find(STATEFUL_SETS, namespace, name)
    if owner is None or is_deleting(owner):
        return None
    if not is_marked(owner):
        owner = await world.client.patch(STATEFUL_SETS, owner, {"metadata": marked({})})
    spec = owner["spec"]
    first = (spec.get("ordinals") or {}).get("start", 0)
    wanted = spec.get("replicas", 1)
    update = f"{name}-{digest(spec['template'])}"
    pods = {_ordinal(pod): pod for pod in await owned_pods(world, owner)}
    await _replace_finished(world, pods)
    await _fill(world, owner, pods, range(first, first + wanted), update)
    await _shrink(world, owner, pods, first + wanted)
    await _roll(world, owner, pods, range(first, first + wanted), update)
    return await _report(world, owner, [pod for pod in pods.values() if not is_deleting(pod)], update)


def _ordinal(pod: Mapping[str, Any]) -> int:
    number = str(pod["metadata"]["name"]).rpartition("-")[2]
    return int(number) if number.isdigit() else -1


def _one_by_one(owner: Mapping[str, Any]) -> bool:
    return bool(owner["spec"].get("podManagementPolicy", "OrderedReady") == "OrderedReady")


async def _replace_finished(world: World, pods: dict[int, dict[str, Any]]) -> None:
    for pod in pods.values():
        if not is_active(pod) and not is_deleting(pod):
            await world.client.delete(PODS, pod, grace=0)


async def _fill(
    world: World, owner: Mapping[str, Any], pods: dict[int, dict[str, Any]], ordinals: range, update: str
) -> None:
    """Create what is missing, in order; an ordered set waits for each pod to be ready."""
    for ordinal in ordinals:
        pod = pods.get(ordinal)
        if pod is None:
            pods[ordinal] = await _create(world, owner, ordinal, update)
        elif is_ready(pod):
            continue
        if _one_by_one(owner):
            return


async def _create(world: World, owner: Mapping[str, Any], ordinal: int, update: str) -> dict[str, Any]:
    metadata, spec = owner["metadata"], owner["spec"]
    name = f"{metadata['name']}-{ordinal}"
    volumes = [v for v in spec["template"]["spec"].get("volumes") or () if v["name"] not in _claim_names(owner)]
    for template in spec.get("volumeClaimTemplates") or ():
        claim = f"{template['metadata']['name']}-{name}"
        volumes.append({"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim}})
        if await world.client.find(CLAIMS, metadata["namespace"], claim) is None:
            await _create_claim(world, owner, template, claim)
    labels = {
        REVISION_LABEL: update,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(ordinal),
    }
    pod = new_pod(owner, spec["template"], name=name, labels=labels)
    pod["spec"] = {**pod["spec"], "hostname": name, "subdomain": spec.get("serviceName", ""), "volumes": volumes}
    made = await world.client.create(PODS, metadata["namespace"], pod)
    told = f"create Pod {name} in StatefulSet {metadata['name']} successful"
    await world.event(owner, "SuccessfulCreate", told, "statefulset-controller")
    return made


def _claim_names(owner: Mapping[str, Any]) -> set[str]:
    return {template["metadata"]["name"] for template in owner["spec"].get("volumeClaimTemplates") or ()}


async def _create_claim(world: World, owner: Mapping[str, Any], template: Mapping[str, Any], name: str) -> None:
    namespace = owner["metadata"]["namespace"]
    metadata = marked({"name": name, "namespace": namespace, "labels": owner["spec"]["selector"].get("matchLabels")})
    retention = owner["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    if retention.get("whenDeleted") == "Delete":
        metadata["ownerReferences"] = [owner_reference("apps/v1", "StatefulSet", owner)]
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": template["spec"]}
    await world.client.create(CLAIMS, namespace, claim)


async def _shrink(world: World, owner: Mapping[str, Any], pods: dict[int, dict[str, Any]], end: int) -> None:
    """Delete what is too much, from the highest number down."""
    for ordinal in sorted((o for o in pods if o >= end), reverse=True):
        if not is_deleting(pods[ordinal]):
            await world.client.delete(PODS, pods[ordinal])
            told = (
                f"delete Pod {pods[ordinal]['metadata']['name']} in StatefulSet {owner['metadata']['name']} successful"
            )
            await world.event(owner, "SuccessfulDelete", told, "statefulset-controller")
        if _one_by_one(owner):
            return


async def _roll(
    world: World, owner: Mapping[str, Any], pods: dict[int, dict[str, Any]], ordinals: range, update: str
) -> None:
    """Replace pods of an earlier template from the highest number down, one at a time, while the rest is ready."""
    strategy = owner["spec"].get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return
    lowest = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    for ordinal in reversed(ordinals):
        pod = pods.get(ordinal)
        if pod is None or (ordinal >= lowest and is_deleting(pod)):
            return
        if ordinal < lowest:
            return
        if pod["metadata"]["labels"].get(REVISION_LABEL) != update:
            await world.client.delete(PODS, pod)
            return
        if not is_ready(pod):
            return


async def _report(world: World, owner: dict[str, Any], pods: list[dict[str, Any]], update: str) -> float | None:
    ready = [pod for pod in pods if is_ready(pod)]
    updated = [pod for pod in pods if pod["metadata"]["labels"].get(REVISION_LABEL) == update]
    available, later = count_available(world, ready, owner["spec"].get("minReadySeconds") or 0)
    before = owner.get("status") or {}
    wanted = owner["spec"].get("replicas", 1)
    partition = ((owner["spec"].get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition") or 0
    rolled = len(updated) == wanted == len(ready) and not partition
    current = update if rolled else before.get("currentRevision") or update
    of_current = sum(pod["metadata"]["labels"].get(REVISION_LABEL) == current for pod in pods)
    status = {
        "observedGeneration": owner["metadata"].get("generation"),
        "replicas": len(pods),
        "availableReplicas": available,
        "collisionCount": 0,
        "currentRevision": current,
        "updateRevision": update,
        **counts(readyReplicas=len(ready), currentReplicas=of_current, updatedReplicas=len(updated)),
    }
    await world.client.patch_status(STATEFUL_SETS, owner, status)
    return later
