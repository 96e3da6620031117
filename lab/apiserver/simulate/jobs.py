"""Jobs: pods that end, until enough of them succeeded.

Source: Kubernetes, job controller (syncJob), TTL-after-finished controller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from lab.apiserver.core.printers.durations import parse_time
from lab.apiserver.simulate.marks import counts, is_deleting, is_marked, is_true, marked, with_condition
from lab.apiserver.simulate.pod_objects import PODS, create_pod, is_active, is_ready, new_pod
from lab.apiserver.simulate.replica_sets import owned_pods
from lab.apiserver.simulate.world import World

JOBS = "jobs.batch"


async def reconcile(world: World, namespace: str, name: str) -> float | None:
    """Bring one Job a step on."""
    job = await world.client.find(JOBS, namespace, name)
    if job is None or is_deleting(job):
        return None
    if is_true(job, "Complete") or is_true(job, "Failed"):
        return await _expire(world, job)
    if not is_marked(job):
        job = await world.client.patch(JOBS, job, {"metadata": marked({})})
    pods = await owned_pods(world, job)
    if job["spec"].get("suspend"):
        await _suspend(world, job, pods)
        return None
    succeeded = sum(pod["status"].get("phase") == "Succeeded" for pod in pods)
    active = [pod for pod in pods if is_active(pod)]
    wanted = _wanted(job, succeeded)
    for _ in range(wanted - len(active)):
        made = await create_pod(world, job, new_pod(job, job["spec"]["template"]), "job-controller")
        if isinstance(made, str):
            break
        active.append(made)
    await _report(world, job, active, succeeded)
    return None


def _completions(job: Mapping[str, Any]) -> int:
    """How many pods have to succeed; a work queue (no completions) is done with its first success."""
    completions = job["spec"].get("completions")
    return 1 if completions is None else int(completions)


def _wanted(job: Mapping[str, Any], succeeded: int) -> int:
    parallel: int = job["spec"].get("parallelism", 1)
    left = max(0, _completions(job) - succeeded)
    if job["spec"].get("completions") is None:
        return parallel if left else 0
    return min(parallel, left)


async def _report(world: World, job: dict[str, Any], active: Sequence[Mapping[str, Any]], succeeded: int) -> None:
    now = world.now()
    before = job.get("status") or {}
    status: dict[str, Any] = {
        "startTime": before.get("startTime") or now,
        "ready": sum(is_ready(pod) for pod in active),
        "terminating": 0,
        "uncountedTerminatedPods": {},
        **counts(active=len(active), succeeded=succeeded),
    }
    conditions = list(before.get("conditions") or ())
    if any(condition["type"] == "Suspended" and condition["status"] == "True" for condition in conditions):
        resumed = {"type": "Suspended", "status": "False", "reason": "JobResumed", "message": "Job resumed"}
        status["conditions"] = conditions = with_condition(conditions, resumed, now)
        status["startTime"] = now
    if succeeded >= _completions(job) and not active:
        reason = {"reason": "CompletionsReached", "message": "Reached expected number of succeeded pods"}
        for type_ in ("SuccessCriteriaMet", "Complete"):
            condition = {"type": type_, "status": "True", "lastProbeTime": now, **reason}
            conditions = with_condition(conditions, condition, now)
        status |= {"conditions": conditions, "completionTime": now}
    await world.client.patch_status(JOBS, job, status)
    if "completionTime" in status:
        await world.event(job, "Completed", "Job completed", "job-controller")


async def _suspend(world: World, job: dict[str, Any], pods: Sequence[dict[str, Any]]) -> None:
    for pod in pods:
        if is_active(pod):
            await world.client.delete(PODS, pod)
    now = world.now()
    condition = {
        "type": "Suspended",
        "status": "True",
        "reason": "JobSuspended",
        "message": "Job suspended",
        "lastProbeTime": now,
    }
    before = job.get("status") or {}
    if is_true(job, "Suspended"):
        return
    conditions = with_condition(before.get("conditions") or (), condition, now)
    await world.client.patch_status(JOBS, job, {"conditions": conditions, "active": None, "startTime": None})


async def _expire(world: World, job: dict[str, Any]) -> float | None:
    """A finished Job is deleted when its time to live is over."""
    keep = job["spec"].get("ttlSecondsAfterFinished")
    ended = parse_time((job.get("status") or {}).get("completionTime") or "")
    if keep is None or ended is None:
        return None
    left = (ended + timedelta(seconds=keep) - world.clock.now()).total_seconds()
    if left > 0:
        return left
    await world.client.delete(JOBS, job)
    return None
