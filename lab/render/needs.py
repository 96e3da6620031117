"""What an object needs of its cluster: CNI plugins and addresses, each with the line where it is named.

Source: Network Plumbing Working Group, NetworkAttachmentDefinition; CNI, plugins and their IPAM sections.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network, summarize_address_range
from typing import Any

from lab.kit.yaml_nodes import ScalarNode
from lab.kit.yaml_walk import Visit, field, path_text, walk
from lab.render.resources import Resource

_CHAINED = frozenset(
    {"bandwidth", "dhcp", "firewall", "host-local", "loopback", "portmap", "sbr", "static", "tuning", "vrf"}
)
_ADDRESS_FIELDS = frozenset(
    {
        "address",
        "addresses",
        "externalIPs",
        "gateway",
        "ip",
        "ipAddress",
        "ipAddresses",
        "ips",
        "loadBalancerIP",
        "prefix",
        "range",
        "rangeEnd",
        "rangeStart",
        "range_end",
        "range_start",
        "subnet",
    }
)
_NETWORK_FIELDS = frozenset({"prefix", "range", "subnet"})
_NETWORKS = "k8s.v1.cni.cncf.io/networks"


@dataclass(frozen=True, slots=True)
class Need:
    """A CNI or an address; `line` counts from 0 at the object's first, `shared` marks what several may use."""

    value: str
    field: str
    line: int
    shared: bool = False


def cnis_of(resource: Resource) -> list[Need]:
    """The CNI plugins that an object asks for: of attachments, and of Nephio's Interface."""
    if resource.kind == "NetworkAttachmentDefinition":
        config = _attachment(resource)
        chain = config.get("plugins")
        plugins = [config, *(each for each in (chain if isinstance(chain, list) else []) if isinstance(each, dict))]
        types = [str(plugin["type"]) for plugin in plugins if plugin.get("type")]
        place = _places(resource, "spec", "config")
        return [Need(name, "spec.config", place(f'"{name}"')) for name in types if name not in _CHAINED]
    if resource.kind == "Interface":
        node = field(resource.root, "spec", "cniType")
        if isinstance(node, ScalarNode) and node.text:
            return [Need(node.text, "spec.cniType", node.line)]
    return []


def addresses_of(resource: Resource) -> list[Need]:
    """The addresses and networks that an object claims: fields that hold such, and JSON in attachments."""
    needs = [need for visit in walk(resource.root) for need in _plain_addresses(visit)]
    if resource.kind == "NetworkAttachmentDefinition":
        place = _places(resource, "spec", "config")
        needs += _json_addresses(_attachment(resource), "spec.config", place)
    for path in (("metadata",), ("spec", "template", "metadata")):
        node = field(resource.root, *path, "annotations", _NETWORKS)
        if isinstance(node, ScalarNode) and node.text.lstrip().startswith("["):
            place = _places(resource, *path, "annotations", _NETWORKS)
            needs += _json_addresses(_json(node.text), f"{'.'.join(path)}.annotations", place)
    return needs


def networks_of(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks that an address, a network or a span `first-last` covers; empty for other text."""
    first, _, last = text.partition("-")
    try:
        if last:
            ends = ip_address(first.strip()), ip_address(last.strip().partition("/")[0])
            return tuple(summarize_address_range(*ends))
        return (ip_network(text),)
    except (ValueError, TypeError):
        return _host(text)


def _host(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return (ip_network(ip_interface(text).ip),)
    except ValueError:
        return ()


def _plain_addresses(visit: Visit) -> Iterator[Need]:
    node = visit.node
    name = next((step for step in reversed(visit.path) if isinstance(step, str)), "")
    if isinstance(node, ScalarNode) and name in _ADDRESS_FIELDS and _is_claim(node.text):
        yield Need(_claim(name, node.text), path_text(visit.path), node.line, name == "gateway")


def _json_addresses(value: Any, path: str, place: Any, name: str = "") -> Iterable[Need]:
    if isinstance(value, dict):
        return [need for key, inner in value.items() for need in _json_addresses(inner, path, place, key)]
    if isinstance(value, list):
        return [need for inner in value for need in _json_addresses(inner, path, place, name)]
    if isinstance(value, str) and name in _ADDRESS_FIELDS and _is_claim(value):
        return [Need(_claim(name, value), path, place(value), name == "gateway")]
    return []


def _claim(name: str, text: str) -> str:
    """The address alone where a prefix length only says how its network is routed."""
    if name in _NETWORK_FIELDS or "-" in text or "/" not in text or name in ("addresses", "externalIPs"):
        return text
    hosts = _host(text)
    return str(hosts[0].network_address) if hosts else text


def _is_claim(text: str) -> bool:
    networks = networks_of(text)
    return bool(networks) and not any(
        network.prefixlen == 0 or network.is_loopback or network.is_unspecified or network.is_link_local
        for network in networks
    )


def _attachment(resource: Resource) -> dict[str, Any]:
    node = field(resource.root, "spec", "config")
    value = _json(node.text) if isinstance(node, ScalarNode) else None
    return value if isinstance(value, dict) else {}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _places(resource: Resource, *path: str) -> Any:
    """A function from a piece of a value's text to the line, from 0 in the object, on which it stands."""
    node = field(resource.root, *path)

    def place(piece: str) -> int:
        if node is None:
            return 0
        found = resource.text.find(piece, node.start, node.end)
        return node.line if found < 0 else node.line + resource.text.count("\n", node.start, found)

    return place
