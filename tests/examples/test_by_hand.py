"""Example: bootstrap and approval by hand, with the real kubectl."""

from __future__ import annotations

from typing import Any

import pytest

NAMESPACE = {"kind": "Namespace", "metadata": {"name": "openairinterface"}}


@pytest.mark.lab(bootstrap="manual")
def test_bootstrap_with_kubectl(lab: Any) -> None:
    """The two applies are all that a person does on the workload cluster; without them nothing arrives."""
    flow = lab.declare("cluster-baseline", to="my-ran").reach("commit")
    flow.stays_before("pull", seconds=120)

    lab["my-ran"].kubectl(["apply", "-f", str(lab.files / "my-ran" / "configsync.yaml")])
    lab["my-ran"].kubectl(["apply", "-f", str(lab.files / "my-ran" / "rootsync.yaml")])

    flow.reach("ready")
    assert "openairinterface" in lab["my-ran"].kubectl("get namespaces")
    assert "SYNCED" in lab["my-ran"].kubectl("get rootsync -n config-management-system")


def test_approval_by_hand(lab: Any) -> None:
    """A draft stays a draft until somebody approves it."""
    flow = lab.declare("cluster-baseline", to="my-ran", approve="manual").reach("render")
    flow.stays_before("commit", seconds=300)
    lab["my-ran"].see(NAMESPACE, count=0, within=0)

    flow.approve()
    flow.reach("ready")
