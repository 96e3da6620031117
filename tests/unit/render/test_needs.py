"""What objects need of their cluster."""

from __future__ import annotations

import pytest

from lab.render.manifests import read_package
from lab.render.needs import addresses_of, cnis_of, networks_of
from lab.render.resources import Resource


def _resource(text: str) -> Resource:
    return read_package({"a.yaml": text}).resources[0]


def test_a_pods_network_annotation_claims_addresses() -> None:
    """Addresses in the JSON form of the annotation are found on their line, prefix length aside."""
    pod = _resource(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n"
        '    k8s.v1.cni.cncf.io/networks: |\n      [{"name": "n3",\n        "ips": ["10.1.3.7/24"]}]\n'
    )
    assert [(need.value, need.line) for need in addresses_of(pod)] == [("10.1.3.7", 7)]


def test_everyday_addresses_are_no_claims() -> None:
    """Loopback, unspecified and default-route addresses belong to nobody."""
    text = (
        "apiVersion: x/v1\nkind: X\nmetadata: {name: x}\nspec:\n  ips: [127.0.0.1, 0.0.0.0/0, '::', name, 10.0.0.1]\n"
    )
    assert [need.value for need in addresses_of(_resource(text))] == ["10.0.0.1"]


def test_a_single_plugin_attachment_needs_its_cni() -> None:
    """The plugin that makes the interface is needed, IPAM and chained plugins are not."""
    text = (
        "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: n}\nspec:\n"
        '  config: \'{"type": "ipvlan", "ipam": {"type": "static"}}\'\n'
    )
    assert [(need.value, need.line) for need in cnis_of(_resource(text))] == [("ipvlan", 4)]
    assert cnis_of(_resource(text.replace("'{", "'{{"))) == []


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("10.0.0.1", ["10.0.0.1/32"]),
        ("10.0.0.0/24", ["10.0.0.0/24"]),
        ("10.0.0.7/24", ["10.0.0.7/32"]),
        ("10.0.0.0-10.0.0.3", ["10.0.0.0/30"]),
        ("fd00::1", ["fd00::1/128"]),
        ("web-1", []),
        ("", []),
    ],
)
def test_the_networks_that_a_text_covers(text: str, networks: list[str]) -> None:
    """Addresses, networks and spans become networks; other text none."""
    assert [str(network) for network in networks_of(text)] == networks
