"""Endpoints of Services: the ready pods that a selector chooses.

Source: Kubernetes, endpoint and endpointslice controllers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.apiserver.core.label_selectors import LabelSelector, Requirement
from lab.apiserver.simulate.marks import is_deleting, marked, owner_reference
from lab.apiserver.simulate.pod_objects import PODS, is_active, is_ready
from lab.apiserver.simulate.world import World

SERVICES = "services"
ENDPOINTS = "endpoints"
SLICES = "endpointslices.discovery.k8s.io"


async def reconcile(world: World, namespace: str, name: str) -> float | None:
    """Make the endpoints of one Service what its pods are."""
    service = await world.client.find(SERVICES, namespace, name)
    if service is None:
        endpoints = await world.client.find(ENDPOINTS, namespace, name)
        if endpoints is not None and "endpoints.kubernetes.io/managed" in (endpoints["metadata"].get("labels") or {}):
            await world.client.delete(ENDPOINTS, endpoints)
        return None
    selector = service["spec"].get("selector")
    if is_deleting(service) or not selector or service["spec"].get("type") == "ExternalName":
        return None
    chosen = str(LabelSelector(tuple(Requirement(key, "=", (value,)) for key, value in selector.items())))
    listed = await world.client.list(PODS, namespace, labels=chosen)
    pods = sorted(
        (pod for pod in listed if is_active(pod) and pod["status"].get("podIP")),
        key=lambda p: str(p["metadata"]["name"]),
    )
    await _write_endpoints(world, service, pods)
    await _write_slice(world, service, pods)
    return None


def _port(pod: Mapping[str, Any], port: Mapping[str, Any]) -> int | None:
    """The number behind a Service's target port in one pod."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for offered in container.get("ports") or ():
            if offered.get("name") == target:
                return int(offered["containerPort"])
    return None


def _ports(service: Mapping[str, Any], pods: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for port in service["spec"].get("ports") or ():
        number = _port(pods[0], port) if pods else None
        if number is not None:
            named = {"name": port["name"]} if port.get("name") else {}
            found.append({**named, "port": number, "protocol": port.get("protocol", "TCP")})
    return found


def _target(pod: Mapping[str, Any]) -> dict[str, Any]:
    metadata = pod["metadata"]
    return {"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}


async def _write_endpoints(world: World, service: Mapping[str, Any], pods: Sequence[dict[str, Any]]) -> None:
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    addresses: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for pod in pods:
        address = {"ip": pod["status"]["podIP"], "nodeName": world.node, "targetRef": _target(pod)}
        addresses[is_ready(pod)].append(address)
    subset: dict[str, Any] = {}
    if addresses[True]:
        subset["addresses"] = addresses[True]
    if addresses[False]:
        subset["notReadyAddresses"] = addresses[False]
    subsets = [{**subset, "ports": _ports(service, pods)}] if subset else None
    found = await world.client.find(ENDPOINTS, namespace, name)
    if found is None:
        labels = {**(service["metadata"].get("labels") or {}), "endpoints.kubernetes.io/managed": "true"}
        made = {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": marked({"name": name, "namespace": namespace, "labels": labels}),
            **({"subsets": subsets} if subsets else {}),
        }
        await world.client.create(ENDPOINTS, namespace, made)
    elif found.get("subsets") != subsets:
        await world.client.patch(ENDPOINTS, found, {"subsets": subsets})


async def _write_slice(world: World, service: Mapping[str, Any], pods: Sequence[dict[str, Any]]) -> None:
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    endpoints = [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": is_ready(pod), "serving": is_ready(pod), "terminating": False},
            "nodeName": world.node,
            "targetRef": _target(pod),
        }
        for pod in pods
    ]
    ports = [{"name": "", **port} for port in _ports(service, pods)]
    label = "kubernetes.io/service-name"
    listed = await world.client.list(SLICES, namespace, labels=f"{label}={name}")
    if not listed:
        metadata = {
            "generateName": f"{name}-",
            "namespace": namespace,
            "labels": {label: name, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"},
            "ownerReferences": [owner_reference("v1", "Service", service)],
        }
        made = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": marked(metadata),
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": ports,
        }
        await world.client.create(SLICES, namespace, made)
    elif (listed[0].get("endpoints") or []) != endpoints or (listed[0].get("ports") or []) != ports:
        await world.client.patch(SLICES, listed[0], {"endpoints": endpoints, "ports": ports})
