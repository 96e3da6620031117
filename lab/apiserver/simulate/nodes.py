"""The one node of a simulated cluster. Source: Kubernetes, kubelet node status; kind's node names."""

from __future__ import annotations

from typing import Any

from lab.apiserver.core.errors import ApiError
from lab.apiserver.simulate.marks import marked
from lab.apiserver.simulate.pod_objects import NODE_ADDRESS
from lab.apiserver.simulate.world import World

NODES = "nodes"
VERSION = "v1.34.4-lab"
_HEALTHY = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "simulated: no kubelet runs"),
)


async def ensure(world: World) -> None:
    """Create the node and give it a status, unless it is there."""
    if await world.client.find(NODES, "", world.node) is not None:
        return
    labels = {
        "kubernetes.io/hostname": world.node,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": "amd64",
        "node-role.kubernetes.io/control-plane": "",
    }
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": marked({"name": world.node, "labels": labels}),
        "spec": {"podCIDR": "10.244.0.0/24", "podCIDRs": ["10.244.0.0/24"], "providerID": f"lab://{world.node}"},
    }
    try:
        made = await world.client.create(NODES, "", node)
    except ApiError as refused:
        if refused.reason == "AlreadyExists":
            return
        raise
    await world.client.patch_status(NODES, made, _status(world))


def _status(world: World) -> dict[str, Any]:
    now = world.now()
    resources = {"cpu": "8", "memory": "16Gi", "ephemeral-storage": "100Gi", "pods": "110"}
    return {
        "capacity": resources,
        "allocatable": resources,
        "conditions": [
            {
                "type": type_,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": now,
            }
            for type_, status, reason, message in _HEALTHY
        ],
        "addresses": [
            {"type": "InternalIP", "address": NODE_ADDRESS},
            {"type": "Hostname", "address": world.node},
        ],
        "nodeInfo": {
            "kubeletVersion": VERSION,
            "kubeProxyVersion": "",
            "containerRuntimeVersion": "simulated://0",
            "osImage": "simulated",
            "kernelVersion": "simulated",
            "operatingSystem": "linux",
            "architecture": "amd64",
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
        },
    }
