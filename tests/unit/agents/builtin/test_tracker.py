"""What is remembered of objects, and when packages are told ready."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from lab.agents.builtin.pods import PodLook
from lab.agents.builtin.tracker import Expected, Tracker
from lab.events.bus import EventBus
from lab.events.kinds import PackageNotReady, PackageReady
from lab.kit.clock import StillClock
from lab.kube.client import KubeClient
from lab.reconcile.health import Health
from lab.reconcile.identity import Identity

RAN = Identity("", "Namespace", "", "ran")
JOB = Identity("batch", "Job", "ran", "setup")


class Nowhere:
    """A transport that must not be used."""

    async def request(self, *_what: Any, **_how: Any) -> Any:
        """Refuse."""
        raise AssertionError("no request is needed")

    open = request

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def bus() -> EventBus:
    """Where facts go."""
    return EventBus(StillClock())


@pytest.fixture
def tracker(bus: EventBus) -> Tracker:
    """A tracker of one RootSync."""
    pods = PodLook(KubeClient(Nowhere()), StillClock())
    return Tracker("my-ran", "root-sync", bus, pods, logging.getLogger("test"))


def namespace(phase: str, version: int) -> dict[str, Any]:
    """The Namespace in a phase."""
    meta = {"name": "ran", "resourceVersion": str(version)}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta, "status": {"phase": phase}}


def job(failed: bool) -> dict[str, Any]:
    """The Job, failed or running."""
    status = {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]} if failed else {}
    meta = {"name": "setup", "namespace": "ran"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "status": status or {"startTime": "now"}}


def test_older_news_is_no_news(tracker: Tracker) -> None:
    """An event that comes late does not undo what a newer version told."""
    tracker.saw(RAN, namespace("Active", 8))
    tracker.saw(RAN, namespace("Terminating", 7))
    assert Health.CURRENT is tracker.state(RAN).health
    tracker.saw(RAN, namespace("Terminating", 9))
    assert Health.IN_PROGRESS is tracker.state(RAN).health


def test_packages_are_told_apart(tracker: Tracker, bus: EventBus) -> None:
    """One package that cannot become ready keeps no other from being ready; mended, it is ready too."""
    tracker.saw(RAN, namespace("Active", 1))
    tracker.saw(JOB, job(failed=True))
    tracker.expect(Expected("c1", {"base": (RAN,), "setup": (JOB,)}), {RAN, JOB})
    tracker.tell()
    tracker.tell()
    ready = PackageReady("my-ran", "root-sync", "c1", "base", 1, ("Namespace/ran",))
    reason = "Job Failed. BackoffLimitExceeded"
    stuck = PackageNotReady("my-ran", "root-sync", "c1", "setup", "Job/ran/setup", reason)
    assert [ready, stuck] == [record.event for record in bus.records]

    tracker.saw(JOB, job(failed=False))
    tracker.tell()
    assert PackageReady("my-ran", "root-sync", "c1", "setup", 1) == bus.records[-1].event


def test_nothing_is_told_while_a_commit_is_applied(tracker: Tracker, bus: EventBus) -> None:
    """Between two commits nothing is expected, and what left is forgotten."""
    tracker.saw(RAN, namespace("Active", 1))
    tracker.expect(Expected("c1", {"base": (RAN,)}), {RAN})
    tracker.hold()
    tracker.tell()
    assert bus.records == ()
    tracker.expect(Expected("c2", {}), set())
    assert Health.UNKNOWN is tracker.state(RAN).health
