"""Example: a package's way from a file on the management cluster to a namespace on a workload cluster."""

from __future__ import annotations

from typing import Any


def test_namespace_arrives(lab: Any) -> None:
    """What a PackageVariant asks for is rendered, committed, pulled within a period, and Active."""
    lab.apply("packagevariant.yaml")
    flow = lab.flow("cluster-baseline", to="my-ran")
    flow.reach("ready", within=45)

    assert lab["my-ran"].get("namespace/openairinterface").phase == "Active"
    assert lab["my-ran"].get("namespace/openairinterface").labels["nephio.org/cluster-name"] == "my-ran"
    assert flow.commit.message.startswith("Rendered cluster-baseline v1 for my-ran")
    assert flow.took("pull") < 16


def test_a_warning_says_where_upstream_differs(lab: Any) -> None:
    """The short form of setters is taken, and the difference is said once."""
    lab.do("apply", file="packagevariant.yaml", warns="LAB206")
