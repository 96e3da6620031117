"""Defaults of the core group's other kinds, and of storage.

Source: Kubernetes 1.34, pkg/apis/core/v1 and pkg/apis/storage/v1 defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def _service(obj: dict[str, Any]) -> None:
    spec = obj["spec"]
    kind = spec.setdefault("type", "ClusterIP")
    if spec.setdefault("sessionAffinity", "None") == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        config = spec.get("sessionAffinityConfig") or {}
        if (config.get("clientIP") or {}).get("timeoutSeconds") is None:
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 10800}}
    for port in spec.get("ports", ()):
        port.setdefault("protocol", "TCP")
        if not port.get("targetPort"):
            port["targetPort"] = port["port"]
    accessible = kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and spec.get("externalIPs"))
    if accessible:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind in ("NodePort", "LoadBalancer", "ClusterIP"):
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
        for ingress in obj["status"]["loadBalancer"].get("ingress", ()):
            if ingress.get("ip"):
                ingress.setdefault("ipMode", "VIP")


def _namespace(obj: dict[str, Any]) -> None:
    name = obj["metadata"].get("name")
    if name:
        labels = obj["metadata"].setdefault("labels", {})
        labels["kubernetes.io/metadata.name"] = name
    obj["status"].setdefault("phase", "Active")


def _secret(obj: dict[str, Any]) -> None:
    obj.setdefault("type", "Opaque")


def _volume(obj: dict[str, Any]) -> None:
    obj["status"].setdefault("phase", "Pending")
    obj["spec"].setdefault("persistentVolumeReclaimPolicy", "Retain")
    obj["spec"].setdefault("volumeMode", "Filesystem")


def _claim(obj: dict[str, Any]) -> None:
    obj["status"].setdefault("phase", "Pending")


def _claim_spec(obj: dict[str, Any]) -> None:
    obj.setdefault("volumeMode", "Filesystem")


def _endpoint_port(obj: dict[str, Any]) -> None:
    obj.setdefault("protocol", "TCP")


def _slice_port(obj: dict[str, Any]) -> None:
    obj.setdefault("name", "")
    obj.setdefault("protocol", "TCP")


def _node_status(obj: dict[str, Any]) -> None:
    if "allocatable" not in obj and obj.get("capacity"):
        obj["allocatable"] = dict(obj["capacity"])


def _limit(obj: dict[str, Any]) -> None:
    if obj.get("type") != "Container":
        return
    usual = {**obj.get("max", {}), **obj.get("default", {})}
    wanted = {**obj.get("min", {}), **usual, **obj.get("defaultRequest", {})}
    if usual:
        obj["default"] = usual
    if wanted:
        obj["defaultRequest"] = wanted


def _controller(obj: dict[str, Any]) -> None:
    obj["spec"].setdefault("replicas", 1)
    labels = (obj["spec"].get("template") or {}).get("metadata", {}).get("labels")
    if labels:
        if not obj["spec"].get("selector"):
            obj["spec"]["selector"] = dict(labels)
        if not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = dict(labels)


def _storage_class(obj: dict[str, Any]) -> None:
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def _driver(obj: dict[str, Any]) -> None:
    spec = obj["spec"]
    for key, value in (
        ("attachRequired", True),
        ("podInfoOnMount", False),
        ("storageCapacity", False),
        ("fsGroupPolicy", "ReadWriteOnceWithFSType"),
        ("requiresRepublish", False),
        ("seLinuxMount", False),
    ):
        spec.setdefault(key, value)
    if not spec.get("volumeLifecycleModes"):
        spec["volumeLifecycleModes"] = ["Persistent"]


DEFAULTERS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "core.v1.Service": _service,
    "core.v1.Namespace": _namespace,
    "core.v1.Secret": _secret,
    "core.v1.PersistentVolume": _volume,
    "core.v1.PersistentVolumeClaim": _claim,
    "core.v1.PersistentVolumeClaimSpec": _claim_spec,
    "core.v1.EndpointPort": _endpoint_port,
    "core.v1.NodeStatus": _node_status,
    "core.v1.LimitRangeItem": _limit,
    "core.v1.ReplicationController": _controller,
    "discovery.v1.EndpointPort": _slice_port,
    "storage.v1.StorageClass": _storage_class,
    "storage.v1.CSIDriver": _driver,
}
"""Go struct to the function that completes one value of it, in place."""
