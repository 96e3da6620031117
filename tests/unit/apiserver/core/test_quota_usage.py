"""Quotas count what Kubernetes counts."""

from decimal import Decimal
from typing import Any

import pytest

from lab.apiserver.core.quota_usage import charge, in_scope, shown, unstated


def pod(*, init: dict[str, str] | None = None, phase: str = "Running", **requests: str) -> dict[str, Any]:
    """A pod of two equal containers, and perhaps an init container."""
    one = {"name": "a", "resources": {"requests": requests} if requests else {}}
    spec: dict[str, Any] = {"containers": [one, {**one, "name": "b"}]}
    if init:
        spec["initContainers"] = [{"name": "i", "resources": {"requests": init}}]
    return {"spec": spec, "status": {"phase": phase}}


@pytest.mark.parametrize(
    ("resource", "obj", "name", "amount"),
    [
        ("configmaps", {}, "configmaps", "1"),
        ("deployments.apps", {}, "count/deployments.apps", "1"),
        ("pods", pod(cpu="250m"), "requests.cpu", "0.5"),
        ("pods", pod(cpu="250m"), "cpu", "0.5"),
        ("pods", pod(cpu="250m", init={"cpu": "2"}), "cpu", "2"),
        ("services", {"spec": {"type": "NodePort", "ports": [{}, {}]}}, "services.nodeports", "2"),
        (
            "persistentvolumeclaims",
            {"spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}}},
            "fast.storageclass.storage.k8s.io/requests.storage",
            str(2**30),
        ),
    ],
)
def test_charges(resource: str, obj: dict[str, Any], name: str, amount: str) -> None:
    """Each kind is charged for what it uses; init containers count by the largest."""
    assert charge(resource, obj)[name] == Decimal(amount)


def test_finished_pods_are_free() -> None:
    """A pod that ended uses nothing but its count as an object."""
    assert charge("pods", pod(phase="Succeeded", cpu="1")) == {"count/pods": Decimal(1)}


def test_scopes() -> None:
    """A scope takes in some pods only, and nothing else."""
    best_effort = {"spec": {"scopes": ["BestEffort"]}}
    assert in_scope(best_effort, "pods", pod())
    assert not in_scope(best_effort, "pods", pod(cpu="1"))
    assert not in_scope(best_effort, "configmaps", {})
    assert in_scope({"spec": {}}, "configmaps", {})


def test_unstated_requests_are_named() -> None:
    """Where a quota limits a compute resource, every container has to state it."""
    assert unstated(["limits.cpu", "pods", "requests.cpu"], pod(cpu="1")) == {"limits.cpu": ["a", "b"]}


@pytest.mark.parametrize(
    ("name", "amount", "text"), [("requests.memory", 2**30, "1Gi"), ("cpu", "0.5", "500m"), ("pods", 3, "3")]
)
def test_amounts_are_shown_as_kubernetes_does(name: str, amount: int | str, text: str) -> None:
    """Bytes in powers of 1024, fractions in thousandths."""
    assert shown(name, Decimal(amount)) == text
