"""Pods: the kubelet's part. No process runs; states follow each other as they would.

Source: Kubernetes, Pod lifecycle; kubelet status manager (conditions, container states, reasons).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.apiserver.simulate.marks import is_deleting, is_marked, is_true, marked, with_condition
from lab.apiserver.simulate.pod_objects import CLAIMS, FINISHED, NODE_ADDRESS, PODS, claims_of
from lab.apiserver.simulate.scheduling import schedule, tell_scheduled
from lab.apiserver.simulate.world import World

BACK_OFF = "ImagePullBackOff"


async def reconcile(world: World, namespace: str, name: str) -> float | None:
    """Bring one pod a step on."""
    pod = await world.client.find(PODS, namespace, name)
    if pod is None:
        return None
    uid = pod["metadata"]["uid"]
    if is_deleting(pod):
        return await _terminate(world, pod)
    if pod["status"].get("phase") in FINISHED:
        world.forget(uid)
        return None
    if not pod["spec"].get("nodeName"):
        return await schedule(world, pod)
    if pod["spec"]["nodeName"] != world.node:
        return None
    if not pod["status"].get("startTime"):
        pod = await _accept(world, pod)
    if pod["status"].get("phase") != "Running":
        return await _start(world, pod)
    return await _settle(world, pod)


async def _terminate(world: World, pod: dict[str, Any]) -> float | None:
    metadata = pod["metadata"]
    grace = metadata.get("deletionGracePeriodSeconds") or 0
    left = world.wait_for(metadata["uid"], "terminate", min(world.timing.terminate, grace))
    if left > 0:
        return left
    await world.client.delete(PODS, pod, grace=0)
    world.forget(metadata["uid"])
    return None


async def _accept(world: World, pod: dict[str, Any]) -> dict[str, Any]:
    """The kubelet takes note of the pod: everything waits, and the pod is marked as simulated."""
    now = world.now()
    if not is_marked(pod):
        pod = await world.client.patch(PODS, pod, {"metadata": marked({})})
    conditions = list(pod["status"].get("conditions") or ())
    unready = {"status": "False", "reason": "ContainersNotReady", "message": _unready(pod)}
    for condition in (
        {"type": "PodReadyToStartContainers", "status": "False"},
        {"type": "Initialized", "status": "True"},
        {"type": "Ready", **unready},
        {"type": "ContainersReady", **unready},
        {"type": "PodScheduled", "status": "True"},
    ):
        conditions = with_condition(conditions, condition, now)
    if not is_true(pod, "PodScheduled"):
        await tell_scheduled(world, pod)
    waiting = [_container(c, {"waiting": {"reason": "ContainerCreating"}}) for c in pod["spec"]["containers"]]
    status = {
        "phase": "Pending",
        "startTime": now,
        "hostIP": NODE_ADDRESS,
        "hostIPs": [{"ip": NODE_ADDRESS}],
        "conditions": conditions,
        "containerStatuses": waiting,
    }
    return await world.client.patch_status(PODS, pod, status)


def _unready(pod: Mapping[str, Any]) -> str:
    names = " ".join(container["name"] for container in pod["spec"]["containers"])
    return f"containers with unready status: [{names}]"


def _container(container: Mapping[str, Any], state: Mapping[str, Any], *, ready: bool = False) -> dict[str, Any]:
    running = "running" in state
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": "" if "waiting" in state else f"simulated://{container['image']}",
        "ready": ready,
        "started": running,
        "restartCount": 0,
        "state": state,
        "lastState": {},
    }


async def _start(world: World, pod: dict[str, Any]) -> float | None:
    for claim in claims_of(pod):
        found = await world.client.find(CLAIMS, pod["metadata"]["namespace"], claim)
        if found is None or (found.get("status") or {}).get("phase") != "Bound":
            return None
    left = world.wait_for(pod["metadata"]["uid"], "start", world.timing.start)
    if left > 0:
        return left
    containers = [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]
    refused = next((c["image"] for c in containers if world.refuses_image(c["image"])), None)
    if refused is not None:
        return await _refuse(world, pod, refused)
    now = world.now()
    address = NODE_ADDRESS if pod["spec"].get("hostNetwork") else world.next_address()
    done = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}}
    conditions = with_condition(
        pod["status"].get("conditions") or (), {"type": "PodReadyToStartContainers", "status": "True"}, now
    )
    status: dict[str, Any] = {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": conditions,
        "containerStatuses": [_container(c, {"running": {"startedAt": now}}) for c in pod["spec"]["containers"]],
    }
    if pod["spec"].get("initContainers"):
        status["initContainerStatuses"] = [_init_container(c, done, now) for c in pod["spec"]["initContainers"]]
    pod = await world.client.patch_status(PODS, pod, status)
    for container in containers:
        image = container["image"]
        await world.event(pod, "Pulled", f'Container image "{image}" already present on machine', "kubelet")
        await world.event(pod, "Created", f"Created container: {container['name']}", "kubelet")
        await world.event(pod, "Started", f"Started container {container['name']}", "kubelet")
    return await _settle(world, pod)


def _init_container(container: Mapping[str, Any], done: Mapping[str, Any], now: str) -> dict[str, Any]:
    if container.get("restartPolicy") == "Always":
        return _container(container, {"running": {"startedAt": now}}, ready=True)
    return _container(container, done, ready=True)


async def _refuse(world: World, pod: dict[str, Any], image: str) -> float:
    """An image that cannot be pulled: first the failure, from then on the back-off."""
    uid = pod["metadata"]["uid"]
    states = [(s.get("state") or {}).get("waiting", {}).get("reason") for s in pod["status"]["containerStatuses"]]
    failed = "ErrImagePull" in states or BACK_OFF in states
    reason = BACK_OFF if failed else "ErrImagePull"
    message = f'Back-off pulling image "{image}"' if failed else f'failed to pull image "{image}": not found'
    statuses = [
        _container(c, {"waiting": {"reason": reason, "message": message} if c["image"] == image else WAITING})
        for c in pod["spec"]["containers"]
    ]
    pod = await world.client.patch_status(PODS, pod, {"containerStatuses": statuses})
    if not failed or BACK_OFF not in states:
        await world.event(pod, "BackOff" if failed else "Failed", message, "kubelet")
    world.forget(uid)
    return world.wait_for(uid, "start", world.timing.back_off if failed else world.timing.start)


WAITING = {"reason": "ContainerCreating"}


async def _settle(world: World, pod: dict[str, Any]) -> float | None:
    """From running to ready; containers that are to end do so."""
    uid = pod["metadata"]["uid"]
    if pod["spec"].get("restartPolicy", "Always") != "Always":
        left = world.wait_for(uid, "work", world.timing.work)
        if left > 0:
            return await _become_ready(world, pod, left)
        await _finish(world, pod)
        return None
    return await _become_ready(world, pod, None)


async def _become_ready(world: World, pod: dict[str, Any], then: float | None) -> float | None:
    uid = pod["metadata"]["uid"]
    if is_true(pod, "Ready"):
        return then
    probes = [(c.get("readinessProbe") or {}).get("initialDelaySeconds") or 0 for c in pod["spec"]["containers"]]
    left = world.wait_for(uid, "ready", world.timing.ready + max(probes, default=0))
    if left > 0:
        return left if then is None else min(left, then)
    now = world.now()
    conditions = list(pod["status"]["conditions"])
    for type_ in ("Ready", "ContainersReady"):
        kept = [c for c in conditions if c["type"] != type_]
        conditions = [*kept, {"type": type_, "status": "True", "lastTransitionTime": now}]
    ready = [{**status, "ready": True} for status in pod["status"]["containerStatuses"]]
    await world.client.patch_status(PODS, pod, {"conditions": conditions, "containerStatuses": ready})
    if then is None:
        world.forget(uid)
    return then


async def _finish(world: World, pod: dict[str, Any]) -> None:
    now = world.now()
    done = {
        "exitCode": 0,
        "reason": "Completed",
        "startedAt": pod["status"]["startTime"],
        "finishedAt": now,
    }
    conditions = list(pod["status"]["conditions"])
    for type_ in ("Ready", "ContainersReady"):
        conditions = with_condition(conditions, {"type": type_, "status": "False", "reason": "PodCompleted"}, now)
    status = {
        "phase": "Succeeded",
        "conditions": conditions,
        "containerStatuses": [
            {**_container(c, {"terminated": done}), "started": False} for c in pod["spec"]["containers"]
        ],
    }
    await world.client.patch_status(PODS, pod, status)
    world.forget(pod["metadata"]["uid"])
