"""Example: a fault while something is on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_git_outage_delays_but_does_not_lose(lab: Any, fault: Callable[..., Any]) -> None:
    """While Git is down nothing is committed; when it is back, the package arrives without anybody's help."""
    with fault("git-down", seconds=120):
        flow = lab.declare("cluster-baseline", to="my-ran")
        flow.stays_before("commit", seconds=60)

    flow.reach("ready", within=300)


def test_a_cluster_without_its_agent_waits(lab: Any, fault: Callable[..., Any]) -> None:
    """A stopped agent pulls nothing, and takes everything when it goes on."""
    with fault("agent-stopped", on="my-ran"):
        flow = lab.declare("cluster-baseline", to="my-ran").reach("commit")
        flow.stays_before("pull", seconds=120)

    flow.reach("ready", within=60)
