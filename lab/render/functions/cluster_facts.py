"""`cluster-facts`: a package must not need what its cluster lacks, nor use what belongs to another cluster.

A validator of the lab. Its configuration (a ConfigMap) gives the facts of one cluster as text:

    cluster-name: my-ran
    cnis: calico, macvlan               # CNIs that the cluster has; absent: anything goes
    ranges: 10.1.0.0/16, 10.2.0.0/16    # networks of the cluster; absent: anywhere
    taken: |                            # addresses or networks of other clusters, each with its cluster
      10.1.0.4: edge-7
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, TypeAlias

from lab.kit.yaml_nodes import YamlFault, compose, data_of
from lab.render.functions._contract import Config, FunctionFault, Outcome, Result, data_texts, reference, refused
from lab.render.needs import Need, addresses_of, cnis_of, networks_of
from lab.render.resources import Resource

_KEYS = ("cluster-name", "cnis", "ranges", "taken")
_Network: TypeAlias = "IPv4Network | IPv6Network"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a cluster: None means that nothing is known and all is allowed."""

    cluster: str
    cnis: frozenset[str] | None
    ranges: tuple[_Network, ...] | None
    taken: tuple[tuple[_Network, str], ...]


def cluster_facts(resources: Sequence[Resource], config: Config) -> Outcome:
    """Every CNI and address that the package names against the cluster's facts; each contradiction is an error."""
    try:
        facts = _facts(data_texts(config))
    except FunctionFault as fault:
        return refused(resources, Result(fault.message, severity="error"))
    errors: list[Result] = []
    for resource in resources:
        if not resource.is_local_config:
            errors += [_error(resource, need, reason) for need, reason in _contradictions(resource, facts)]
    if errors:
        return refused(resources, *errors)
    return Outcome(tuple(resources))


def _contradictions(resource: Resource, facts: Facts) -> Iterable[tuple[Need, str]]:
    for need in cnis_of(resource):
        if facts.cnis is not None and need.value not in facts.cnis:
            known = ", ".join(sorted(facts.cnis)) or "none"
            yield need, f'needs the CNI "{need.value}", which {facts.cluster} does not have (it has: {known})'
    for need in addresses_of(resource):
        reason = _address_reason(need, facts)
        if reason:
            yield need, reason


def _address_reason(need: Need, facts: Facts) -> str:
    networks = networks_of(need.value)
    if facts.ranges is not None and not all(_inside(network, facts.ranges) for network in networks):
        known = ", ".join(str(network) for network in facts.ranges) or "none"
        return f"uses {need.value}, which is outside the networks of {facts.cluster} ({known})"
    for network in () if need.shared else networks:
        for taken, owner in facts.taken:
            if owner != facts.cluster and taken.version == network.version and taken.overlaps(network):
                return f"uses {need.value}, which is used by {owner} ({taken})"
    return ""


def _inside(network: _Network, ranges: Iterable[_Network]) -> bool:
    return any(
        known.version == network.version
        and int(known.network_address) <= int(network.network_address)
        and int(network.broadcast_address) <= int(known.broadcast_address)
        for known in ranges
    )


def _error(resource: Resource, need: Need, reason: str) -> Result:
    return Result(
        f"{resource.kind} {resource.name} {reason}",
        severity="error",
        file=resource.file,
        index=resource.index,
        field=need.field,
        line=resource.line + need.line,
        resource=reference(resource),
    )


def _facts(data: Mapping[str, str]) -> Facts:
    for key in data:
        if key not in _KEYS:
            raise FunctionFault(f'unknown fact "{key}", expect one of {", ".join(_KEYS)}')
    return Facts(
        data.get("cluster-name") or "this cluster",
        frozenset(_texts(data["cnis"], "cnis")) if "cnis" in data else None,
        tuple(_network(text, "ranges") for text in _texts(data["ranges"], "ranges")) if "ranges" in data else None,
        tuple(_taken(data.get("taken", ""))),
    )


def _texts(text: str, key: str) -> list[str]:
    """A YAML list, or texts between commas and spaces."""
    value = _yaml(text, key) if text.lstrip().startswith(("[", "- ")) else None
    if isinstance(value, list):
        return [str(item) for item in value]
    return [part for part in re.split(r"[,\s]+", text) if part]


def _taken(text: str) -> Iterable[tuple[_Network, str]]:
    value = _yaml(text, "taken")
    if isinstance(value, dict):
        for address, owner in value.items():
            yield _network(address, "taken"), str(owner)
    else:
        for address in _texts(text, "taken"):
            yield _network(address, "taken"), "another cluster"


def _yaml(text: str, key: str) -> Any:
    try:
        return data_of(compose(text))
    except YamlFault as fault:
        raise FunctionFault(f"fact {key!r} cannot be read: {fault.message}") from None


def _network(text: str, key: str) -> _Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise FunctionFault(f"fact {key!r} holds no network: {error}") from None
