"""Deployments: one ReplicaSet for each template, rolled over within the strategy's bounds.

Source: Kubernetes, deployment controller (sync, rolling, recreate, progress).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from lab.apiserver.core.printers.durations import parse_time
from lab.apiserver.simulate.deployment_status import report
from lab.apiserver.simulate.marks import digest, is_deleting, marked, owned_by, owner_reference
from lab.apiserver.simulate.replica_sets import REPLICA_SETS
from lab.apiserver.simulate.rollout import bounds
from lab.apiserver.simulate.world import World

DEPLOYMENTS = "deployments.apps"
HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"


async def reconcile(world: World, namespace: str, name: str) -> float | None:
    """Bring one Deployment a step on."""
    deployment = await world.client.find(DEPLOYMENTS, namespace, name)
    if deployment is None or is_deleting(deployment):
        return None
    sets = [s for s in await world.client.list(REPLICA_SETS, namespace) if owned_by(s, deployment)]
    current = next((s for s in sets if _same_template(s, deployment)), None)
    paused = deployment["spec"].get("paused", False)
    if current is None and not paused:
        current = await _create_set(world, deployment, sets)
        sets = [*sets, current]
    deployment = await _annotate(world, deployment, current)
    if paused:
        await _follow_size(world, deployment, sets)
    elif current is not None:
        old = [s for s in sets if s["metadata"]["uid"] != current["metadata"]["uid"]]
        if _strategy(deployment).get("type") == "Recreate":
            await _recreate(world, deployment, current, old)
        else:
            await _roll(world, deployment, current, old)
        await _clean_up(world, deployment, old)
    await report(world, deployment, current, sets)
    return _until_deadline(world, deployment)


def _strategy(deployment: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = deployment["spec"].get("strategy") or {}
    return found


def _same_template(replica_set: Mapping[str, Any], deployment: Mapping[str, Any]) -> bool:
    return _bare(replica_set["spec"]["template"]) == _bare(deployment["spec"]["template"])


def _bare(template: Mapping[str, Any]) -> dict[str, Any]:
    """A template without what tells its ReplicaSets apart."""
    metadata = dict(template.get("metadata") or {})
    metadata.pop("creationTimestamp", None)
    metadata["labels"] = {k: v for k, v in (metadata.get("labels") or {}).items() if k != HASH_LABEL}
    return {**template, "metadata": metadata}


def _revision(replica_set: Mapping[str, Any]) -> int:
    text = (replica_set["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


async def _create_set(world: World, deployment: Mapping[str, Any], sets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    spec, metadata = deployment["spec"], deployment["metadata"]
    template = _bare(spec["template"])
    hashed = digest(template)
    labels = {**template["metadata"]["labels"], HASH_LABEL: hashed}
    annotations = {
        REVISION: str(max((_revision(s) for s in sets), default=0) + 1),
        **_sizes(deployment),
    }
    selector = spec["selector"]
    size = 0 if sets else spec.get("replicas", 1)
    made = await world.client.create(
        REPLICA_SETS,
        metadata["namespace"],
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": marked(
                {
                    "name": f"{metadata['name']}-{hashed}",
                    "namespace": metadata["namespace"],
                    "labels": labels,
                    "annotations": annotations,
                    "ownerReferences": [owner_reference("apps/v1", "Deployment", deployment)],
                }
            ),
            "spec": {
                "replicas": size,
                "minReadySeconds": spec.get("minReadySeconds") or 0,
                "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), HASH_LABEL: hashed}},
                "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
            },
        },
    )
    if size:
        await _tell_scaling(world, deployment, made, 0, size)
    return made


def _sizes(deployment: Mapping[str, Any]) -> dict[str, str]:
    """What a ReplicaSet notes of the Deployment's size."""
    wanted = deployment["spec"].get("replicas", 1)
    return {DESIRED: str(wanted), MAXIMUM: str(wanted + bounds(deployment)[0])}


async def _annotate(world: World, deployment: dict[str, Any], current: Mapping[str, Any] | None) -> dict[str, Any]:
    """Show the revision and the mark on the Deployment; a template that came back becomes the latest revision."""
    wanted = marked({})["annotations"]
    if current is not None:
        wanted[REVISION] = str(_revision(current))
    before = deployment["metadata"].get("annotations") or {}
    missing = {key: value for key, value in wanted.items() if before.get(key) != value}
    if not missing:
        return deployment
    return await world.client.patch(DEPLOYMENTS, deployment, {"metadata": {"annotations": missing}})


def _size(replica_set: Mapping[str, Any]) -> int:
    size: int = replica_set["spec"].get("replicas", 0)
    return size


def _available(replica_set: Mapping[str, Any]) -> int:
    return (replica_set.get("status") or {}).get("availableReplicas") or 0


async def _scale(world: World, deployment: Mapping[str, Any], replica_set: dict[str, Any], size: int) -> None:
    """Change one set's size, in place of the dict that was read."""
    before = _size(replica_set)
    if before == size:
        return
    changes = {"spec": {"replicas": size}, "metadata": {"annotations": _sizes(deployment)}}
    replica_set |= await world.client.patch(REPLICA_SETS, replica_set, changes)
    await _tell_scaling(world, deployment, replica_set, before, size)


async def _tell_scaling(
    world: World, deployment: Mapping[str, Any], replica_set: Mapping[str, Any], before: int, size: int
) -> None:
    direction = "up" if size > before else "down"
    text = f"Scaled {direction} replica set {replica_set['metadata']['name']} from {before} to {size}"
    await world.event(deployment, "ScalingReplicaSet", text, "deployment-controller")


async def _recreate(
    world: World, deployment: Mapping[str, Any], current: dict[str, Any], old: Sequence[dict[str, Any]]
) -> None:
    for replica_set in old:
        await _scale(world, deployment, replica_set, 0)
    if not any((replica_set.get("status") or {}).get("replicas") for replica_set in old):
        await _scale(world, deployment, current, deployment["spec"].get("replicas", 1))


async def _roll(
    world: World, deployment: Mapping[str, Any], current: dict[str, Any], old: Sequence[dict[str, Any]]
) -> None:
    wanted = deployment["spec"].get("replicas", 1)
    surge, missing = bounds(deployment)
    total = _size(current) + sum(_size(s) for s in old)
    if _size(current) > wanted:
        await _scale(world, deployment, current, wanted)
    elif _size(current) < wanted:
        room = wanted + surge - total
        await _scale(world, deployment, current, _size(current) + max(0, min(room, wanted - _size(current))))
    total = _size(current) + sum(_size(s) for s in old)
    spare = total - (wanted - missing) - max(0, _size(current) - _available(current))
    by_age = sorted(old, key=lambda s: s["metadata"]["creationTimestamp"])
    for replica_set in by_age:
        broken = min(max(0, _size(replica_set) - _available(replica_set)), max(0, spare))
        await _scale(world, deployment, replica_set, _size(replica_set) - broken)
        spare -= broken
    able = _available(current) + sum(min(_available(s), _size(s)) for s in old) - (wanted - missing)
    for replica_set in by_age:
        fewer = min(_size(replica_set), max(0, able))
        await _scale(world, deployment, replica_set, _size(replica_set) - fewer)
        able -= fewer


async def _follow_size(world: World, deployment: Mapping[str, Any], sets: Sequence[dict[str, Any]]) -> None:
    """A paused Deployment still follows its size, with the one set that has pods."""
    filled = [s for s in sets if _size(s)] or sorted(sets, key=_revision)[-1:]
    if len(filled) == 1:
        await _scale(world, deployment, filled[0], deployment["spec"].get("replicas", 1))


async def _clean_up(world: World, deployment: Mapping[str, Any], old: Sequence[dict[str, Any]]) -> None:
    limit = deployment["spec"].get("revisionHistoryLimit", 10)
    idle = [s for s in old if not _size(s) and not (s.get("status") or {}).get("replicas") and not is_deleting(s)]
    for replica_set in sorted(idle, key=_revision)[: max(0, len(idle) - limit)]:
        await world.client.delete(REPLICA_SETS, replica_set)


def _until_deadline(world: World, deployment: Mapping[str, Any]) -> float | None:
    """Seconds until an unfinished roll is late; None when it is finished, late already, or has no deadline."""
    progressing = next(
        (c for c in (deployment.get("status") or {}).get("conditions") or () if c["type"] == "Progressing"), None
    )
    limit = deployment["spec"].get("progressDeadlineSeconds")
    if limit is None or progressing is None or deployment["spec"].get("paused"):
        return None
    if progressing["status"] == "False" or progressing.get("reason") == "NewReplicaSetAvailable":
        return None
    since = parse_time(progressing["lastUpdateTime"]) or world.clock.now()
    return max(1.0, (since + timedelta(seconds=limit) - world.clock.now()).total_seconds())
