"""Services, endpoints and the groups networking.k8s.io and discovery.k8s.io. Source: internalversion printers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lab.apiserver.core.printers.printer import (
    Printer,
    age,
    columns,
    labels_text,
    name_of,
    part,
    selector_text,
    text,
    with_more,
)


def _balancer(obj: Mapping[str, Any]) -> str:
    """Addresses of a load balancer; the server always renders wide, so that nothing is clipped."""
    ingress = part(obj, "status", "loadBalancer").get("ingress") or ()
    return ",".join(sorted({i.get("ip") or i.get("hostname") or "" for i in ingress} - {""}))


def _external(obj: Mapping[str, Any]) -> str:
    spec = part(obj, "spec")
    listed = list(spec.get("externalIPs") or ())
    kind = spec.get("type")
    if kind in ("ClusterIP", "NodePort"):
        return ",".join(listed) or "<none>"
    if kind == "LoadBalancer":
        return ",".join([*filter(None, [_balancer(obj)]), *listed]) or "<pending>"
    return str(spec.get("externalName", "")) if kind == "ExternalName" else "<unknown>"


def _ports(ports: Sequence[Mapping[str, Any]]) -> str:
    shown = []
    for port in ports:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def _service(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    addresses = spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else ["<none>"])
    ports = _ports(spec.get("ports") or ())
    external, selector = _external(obj), labels_text(spec.get("selector") or {})
    return [name_of(obj), spec.get("type", ""), addresses[0], external, ports, age(obj, now), selector]


def _endpoints(obj: dict[str, Any], now: datetime) -> list[Any]:
    listed: list[str] = []
    for subset in obj.get("subsets") or ():
        addresses = [a.get("ip", "") for a in subset.get("addresses") or ()]
        ports = subset.get("ports")
        if not ports:
            listed += addresses
        for port in ports or ():
            listed += [f"[{a}]:{port.get('port')}" if ":" in a else f"{a}:{port.get('port')}" for a in addresses]
    shown = with_more(listed, len(listed)) if obj.get("subsets") else "<none>"
    return [name_of(obj), shown, age(obj, now)]


def _endpoint_slice(obj: dict[str, Any], now: datetime) -> list[Any]:
    ports = [str(p.get("port") or p.get("name") or "*") for p in obj.get("ports") or ()]
    addresses = [a for e in obj.get("endpoints") or () for a in e.get("addresses") or ()]
    shown = [with_more(listed, len(listed)) or "<unset>" for listed in (ports, addresses)]
    return [name_of(obj), obj.get("addressType", ""), *shown, age(obj, now)]


def _ingress(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    rules = spec.get("rules") or ()
    hosts = [r["host"] for r in rules if r.get("host")]
    shown = with_more(hosts, len(rules) if len(hosts) > 3 else len(hosts)) or "*"
    ports = "80, 443" if spec.get("tls") else "80"
    return [name_of(obj), spec.get("ingressClassName") or "<none>", shown, _balancer(obj), ports, age(obj, now)]


def _ingress_class(obj: dict[str, Any], now: datetime) -> list[Any]:
    found = part(obj, "spec", "parameters")
    group = f".{found['apiGroup']}" if found.get("apiGroup") else ""
    parameters = f"{found.get('kind', '')}{group}/{found.get('name', '')}" if found else "<none>"
    return [name_of(obj), text(obj, "spec", "controller"), parameters, age(obj, now)]


def _network_policy(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), selector_text(part(obj, "spec").get("podSelector")), age(obj, now)]


def _service_cidr(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), ",".join(part(obj, "spec").get("cidrs") or ()), age(obj, now)]


def _ip_address(obj: dict[str, Any], _now: datetime) -> list[Any]:
    parent = part(obj, "spec", "parentRef")
    if not parent:
        return [name_of(obj), "<none>"]
    group = f".{parent['group']}" if parent.get("group") else ""
    steps = [f"{parent.get('resource', '')}{group}".lower(), parent.get("namespace"), parent.get("name", "")]
    return [name_of(obj), "/".join(filter(None, steps))]


PRINTERS = {
    "services": Printer(
        columns("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", wide=("Selector",)), _service
    ),
    "endpoints": Printer(columns("Name", "Endpoints", "Age"), _endpoints),
    "endpointslices.discovery.k8s.io": Printer(
        columns("Name", "AddressType", "Ports", "Endpoints", "Age"), _endpoint_slice
    ),
    "ingresses.networking.k8s.io": Printer(columns("Name", "Class", "Hosts", "Address", "Ports", "Age"), _ingress),
    "ingressclasses.networking.k8s.io": Printer(columns("Name", "Controller", "Parameters", "Age"), _ingress_class),
    "networkpolicies.networking.k8s.io": Printer(columns("Name", "Pod-Selector", "Age"), _network_policy),
    "servicecidrs.networking.k8s.io": Printer(columns("Name", "CIDRs", "Age"), _service_cidr),
    "ipaddresses.networking.k8s.io": Printer(columns("Name", "ParentRef"), _ip_address),
}
