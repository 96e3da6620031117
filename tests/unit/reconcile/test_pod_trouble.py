"""What Pods tell of a workload that does not become ready."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lab.reconcile.pod_trouble import assess_pods, has_pods, pod_selector

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def pod(name: str, waiting: str = "", *, revision: str = "a", created: int = 0, **status: Any) -> dict[str, Any]:
    """A Pod whose container waits for a reason."""
    state = {"waiting": {"reason": waiting, "message": f"about {name}"}} if waiting else {"running": {}}
    at = (NOW + timedelta(minutes=created)).isoformat()
    meta = {"name": name, "labels": {"pod-template-hash": revision}, "creationTimestamp": at}
    return {"metadata": meta, "status": {"containerStatuses": [{"state": state}], **status}}


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "InvalidImageName"])
def test_trouble_that_does_not_mend_itself(reason: str) -> None:
    """A container that cannot start is told with the cluster's word and sentence."""
    found = assess_pods([pod("fine"), pod("bad", reason)], NOW)
    assert found is not None
    assert (f"{reason}: about bad", True) == (found.reason, found.stuck)


def test_pods_that_only_need_time() -> None:
    """A container that is being created is no trouble, nor is a Pod of the revision that is being replaced."""
    assert assess_pods([pod("new", "ContainerCreating")], NOW) is None
    old = pod("old", "ImagePullBackOff", revision="a", created=0)
    assert assess_pods([old, pod("new", revision="b", created=1)], NOW) is None


def test_unschedulable_pod_gets_some_grace() -> None:
    """A Pod that no node takes is in trouble only after a while."""
    entry = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "lastTransitionTime": NOW.isoformat(),
    }
    waiting = pod("p", conditions=[entry])
    assert assess_pods([waiting], NOW + timedelta(seconds=5)) is None
    assert assess_pods([waiting], NOW + timedelta(seconds=20)) is not None


def test_pods_are_found_by_their_selector() -> None:
    """Workloads have Pods, and their labels lead to them."""
    spec = {"selector": {"matchLabels": {"b": "2", "a": "1"}}}
    assert pod_selector({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec}) == "a=1,b=2"
    assert has_pods({"apiVersion": "apps/v1", "kind": "DaemonSet"})
    assert not has_pods({"apiVersion": "v1", "kind": "ConfigMap"})
