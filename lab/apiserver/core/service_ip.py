"""Cluster addresses and node ports of Services.

Source: Kubernetes, pkg/registry/core/service, default allocation from 10.96.0.0/16 and ports 30000-32767.
"""

from __future__ import annotations

import random
from ipaddress import IPv4Network
from typing import Any

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.errors import FieldError, invalid

NETWORK = IPv4Network("10.96.0.0/16")
FIRST_ADDRESS = "10.96.0.1"
DNS_ADDRESS = "10.96.0.10"
_NODE_PORTS = range(30000, 32768)


def allocate(cluster: Cluster, obj: dict[str, Any]) -> None:
    """Give a new Service its addresses and node ports, in place. Raises ApiError 422 for one that is taken."""
    spec = obj.setdefault("spec", {})
    if spec.get("type") == "ExternalName":
        return
    services = [entry.object()["spec"] for _, entry in cluster.table("services").items()]
    spec.setdefault("type", "ClusterIP")
    taken = {address for other in services for address in other.get("clusterIPs") or ()}
    given = spec.get("clusterIP") or (spec.get("clusterIPs") or [""])[0]
    if not given:
        given = _free_address(taken)
    elif given != "None" and given in taken:
        raise _taken("spec.clusterIPs", f'["{given}"]', obj, "failed to allocate IP: provided IP is already allocated")
    spec["clusterIP"] = given
    spec["clusterIPs"] = [given]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer") and spec.get("allocateLoadBalancerNodePorts", True):
        _node_ports(spec, services, obj)
    if spec["type"] == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local":
        taken = {port for other in services for port in _ports_of(other)} | set(_ports_of(spec))
        spec.setdefault("healthCheckNodePort", random.choice([n for n in _NODE_PORTS if n not in taken]))


def _ports_of(spec: dict[str, Any]) -> list[int]:
    """The node ports that a Service holds."""
    found = [port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")]
    return [*found, spec["healthCheckNodePort"]] if spec.get("healthCheckNodePort") else found


def _free_address(taken: set[str]) -> str:
    while True:
        address = str(NETWORK[random.randrange(256, NETWORK.num_addresses - 1)])
        if address not in taken:
            return address


def _node_ports(spec: dict[str, Any], services: list[dict[str, Any]], obj: dict[str, Any]) -> None:
    taken = {port["nodePort"] for other in services for port in other.get("ports") or () if port.get("nodePort")}
    for index, port in enumerate(spec.get("ports") or []):
        number = port.get("nodePort")
        if number and number in taken:
            raise _taken(f"spec.ports[{index}].nodePort", str(number), obj, "provided port is already allocated")
        if not number:
            number = random.choice([n for n in _NODE_PORTS if n not in taken])
            port["nodePort"] = number
        taken.add(number)


def _taken(field: str, value: str, obj: dict[str, Any], why: str) -> Exception:
    return invalid(
        "",
        "Service",
        obj["metadata"].get("name", ""),
        [FieldError("Invalid", field, f"{field}: Invalid value: {value}: {why}")],
    )


def keep_allocated(obj: dict[str, Any], old: dict[str, Any]) -> None:
    """Put back on update what a client left out, in place."""
    spec, before = obj.get("spec") or {}, old.get("spec") or {}
    if spec.get("type") == "ExternalName" or before.get("type") == "ExternalName":
        return
    for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"):
        if not spec.get(key) and before.get(key):
            spec[key] = before[key]
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        known = {(p.get("port"), p.get("protocol")): p.get("nodePort") for p in before.get("ports") or ()}
        for port in spec.get("ports") or []:
            found = known.get((port.get("port"), port.get("protocol")))
            if found and not port.get("nodePort"):
                port["nodePort"] = found
