"""How objects do, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest

from lab.reconcile.health import Health
from lab.reconcile.readiness import assess


def obj(kind: str, api: str = "v1", spec: Any = None, status: Any = None, **meta: Any) -> dict[str, Any]:
    """A live object."""
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": "x", "generation": 2, **meta},
        "spec": spec or {},
        "status": status or {},
    }


def condition(kind: str, status: str = "True", reason: str = "", message: str = "") -> dict[str, str]:
    """A condition."""
    return {"type": kind, "status": status, "reason": reason, "message": message}


GOOD = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2, "observedGeneration": 2}
DAEMONS = {
    "observedGeneration": 2,
    "desiredNumberScheduled": 1,
    "currentNumberScheduled": 1,
    "updatedNumberScheduled": 1,
    "numberAvailable": 1,
    "numberReady": 1,
}
SET = {**GOOD, "currentReplicas": 2, "currentRevision": "a", "updateRevision": "a"}


def deployment(**status: Any) -> dict[str, Any]:
    """A Deployment of two."""
    found = {**GOOD, "conditions": [condition("Available")], **status}
    return obj("Deployment", "apps/v1", {"replicas": 2}, found)


@pytest.mark.parametrize(
    ("expected", "one"),
    [
        (Health.CURRENT, obj("ConfigMap")),
        (Health.TERMINATING, obj("ConfigMap", deletionTimestamp="2030-01-01T00:00:00Z")),
        (Health.CURRENT, deployment()),
        (Health.IN_PROGRESS, deployment(observedGeneration=1)),
        (Health.IN_PROGRESS, deployment(replicas=0)),
        (Health.IN_PROGRESS, deployment(replicas=3)),
        (Health.IN_PROGRESS, deployment(availableReplicas=1)),
        (Health.IN_PROGRESS, deployment(conditions=[])),
        (Health.IN_PROGRESS, obj("Deployment", "apps/v1")),
        (Health.CURRENT, obj("Deployment", "apps/v1", {"replicas": 0}, {"observedGeneration": 2})),
        (Health.FAILED, deployment(conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded")])),
        (Health.CURRENT, obj("DaemonSet", "apps/v1", {}, DAEMONS)),
        (Health.IN_PROGRESS, obj("DaemonSet", "apps/v1", {}, {**DAEMONS, "numberReady": 0})),
        (Health.IN_PROGRESS, obj("DaemonSet", "apps/v1")),
        (Health.CURRENT, obj("StatefulSet", "apps/v1", {"replicas": 2}, SET)),
        (Health.IN_PROGRESS, obj("StatefulSet", "apps/v1", {"replicas": 2}, {**SET, "updateRevision": "b"})),
        (Health.CURRENT, obj("StatefulSet", "apps/v1", {"updateStrategy": {"type": "OnDelete"}})),
        (Health.IN_PROGRESS, obj("ReplicaSet", "apps/v1", {"replicas": 1}, {"fullyLabeledReplicas": 1})),
        (Health.CURRENT, obj("PersistentVolumeClaim", status={"phase": "Bound"})),
        (Health.IN_PROGRESS, obj("PersistentVolumeClaim", status={"phase": "Pending"})),
        (Health.CURRENT, obj("Service", spec={"type": "LoadBalancer", "clusterIP": "10.0.0.1"})),
        (Health.IN_PROGRESS, obj("Service", spec={"type": "LoadBalancer"})),
        (Health.CURRENT, obj("Job", "batch/v1", status={"startTime": "2030-01-01T00:00:00Z"})),
        (Health.IN_PROGRESS, obj("Job", "batch/v1")),
        (Health.FAILED, obj("Job", "batch/v1", status={"conditions": [condition("Failed")]})),
        (Health.CURRENT, obj("Namespace", status={"phase": "Active"})),
        (Health.IN_PROGRESS, obj("Namespace")),
        (Health.CURRENT, obj("Pod", status={"phase": "Running", "conditions": [condition("Ready")]})),
        (Health.CURRENT, obj("Pod", status={"phase": "Succeeded"})),
        (Health.IN_PROGRESS, obj("Pod", status={"phase": "Pending"})),
        (Health.CURRENT, obj("Widget", "example.com/v1")),
        (Health.CURRENT, obj("Widget", "example.com/v1", status={"conditions": [condition("Ready")]})),
        (Health.IN_PROGRESS, obj("Widget", "example.com/v1", status={"conditions": [condition("Ready", "False")]})),
        (Health.FAILED, obj("Widget", "example.com/v1", status={"conditions": [condition("Stalled")]})),
        (Health.IN_PROGRESS, obj("Widget", "example.com/v1", status={"conditions": [condition("Reconciling")]})),
    ],
)
def test_health(expected: Health, one: dict[str, Any]) -> None:
    """Every kind is judged by its own fields, as kstatus does."""
    assert expected is assess(one).health


def test_definition_is_current_when_established() -> None:
    """A definition is in progress until it is established, and failed when its names are taken."""
    api = "apiextensions.k8s.io/v1"
    kind = "CustomResourceDefinition"
    assert Health.IN_PROGRESS is assess(obj(kind, api)).health
    assert Health.CURRENT is assess(obj(kind, api, status={"conditions": [condition("Established")]})).health
    taken = assess(obj(kind, api, status={"conditions": [condition("NamesAccepted", "False", "Taken")]}))
    assert (taken.health, taken.stuck) == (Health.FAILED, True)


def test_absent_object() -> None:
    """An object that does not exist is NotFound."""
    assert Health.NOT_FOUND is assess(None).health
