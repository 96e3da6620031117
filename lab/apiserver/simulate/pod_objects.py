"""Pods as objects: made from templates, judged by their state, traced to their controllers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lab.apiserver.core.errors import ApiError
from lab.apiserver.simulate.marks import controller_of, is_deleting, is_true, marked, owner_reference
from lab.apiserver.simulate.world import POD_NETWORK, World

PODS = "pods"
CLAIMS = "persistentvolumeclaims"
FINISHED = ("Succeeded", "Failed")
NODE_ADDRESS = "172.18.0.2"
OWNERS = {
    ("apps/v1", "Deployment"): "deployments.apps",
    ("apps/v1", "ReplicaSet"): "replicasets.apps",
    ("apps/v1", "StatefulSet"): "statefulsets.apps",
    ("apps/v1", "DaemonSet"): "daemonsets.apps",
    ("batch/v1", "Job"): "jobs.batch",
}


def new_pod(
    owner: Mapping[str, Any],
    template: Mapping[str, Any],
    *,
    name: str = "",
    labels: Mapping[str, str] = {},
    node: str = "",
) -> dict[str, Any]:
    """A pod of a controller's template; with no name, one is generated from the owner's."""
    metadata = marked({key: value for key, value in (template.get("metadata") or {}).items() if value})
    metadata.pop("creationTimestamp", None)
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    metadata |= {"name": name} if name else {"generateName": f"{owner['metadata']['name']}-"}
    metadata["namespace"] = owner["metadata"]["namespace"]
    metadata["ownerReferences"] = [owner_reference(owner["apiVersion"], owner["kind"], owner)]
    spec = {**template["spec"], **({"nodeName": node} if node else {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def is_active(pod: Mapping[str, Any]) -> bool:
    """True for pods that count: neither finished nor being deleted."""
    return not is_deleting(pod) and (pod.get("status") or {}).get("phase") not in FINISHED


def is_ready(pod: Mapping[str, Any]) -> bool:
    """True for active pods with the condition Ready."""
    return is_active(pod) and is_true(pod, "Ready")


async def create_pod(
    world: World, owner: Mapping[str, Any], pod: dict[str, Any], component: str
) -> dict[str, Any] | str:
    """Create a controller's pod and tell it in an event; a refusal (a quota, say) is told too, and given back."""
    try:
        made = await world.client.create(PODS, owner["metadata"]["namespace"], pod)
    except ApiError as refused:
        if refused.code not in (403, 422):
            raise
        await world.event(owner, "FailedCreate", f"Error creating: {refused.message}", component)
        return refused.message
    await world.event(owner, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", component)
    return made


def claims_of(pod: Mapping[str, Any]) -> list[str]:
    """Names of the claims that a pod mounts."""
    volumes = pod["spec"].get("volumes") or ()
    return [v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")]


def highest_address(pods: Iterable[Mapping[str, Any]]) -> int:
    """The number of the highest pod address in use, to go on from after a restart."""
    highest = 0
    for pod in pods:
        parts = str((pod.get("status") or {}).get("podIP", "")).split(".")
        if ".".join(parts[:2]) == POD_NETWORK and len(parts) == 4:
            highest = max(highest, int(parts[2]) * 253 + int(parts[3]) - 2)
    return highest


def controller_key(pod: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Group resource, namespace and name of a pod's controller, if it is simulated."""
    owner = controller_of(pod)
    if owner is None:
        return None
    group_resource = OWNERS.get((owner["apiVersion"], owner["kind"]))
    return None if group_resource is None else (group_resource, pod["metadata"].get("namespace", ""), owner["name"])
