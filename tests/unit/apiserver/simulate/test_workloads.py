"""The lab hears when a Deployment starts and ends."""

from typing import Any

from lab.apiserver.simulate.workloads import WorkloadChange, Workloads


def deployment(*, replicas: int = 1, available: int = 0) -> dict[str, Any]:
    """The agent's Deployment in some state."""
    return {
        "metadata": {"namespace": "n", "name": "agent"},
        "spec": {"replicas": replicas},
        "status": {"availableReplicas": available},
    }


def test_every_turn_is_told_once() -> None:
    """Available, still available, scaled to zero, gone: two turns."""
    heard: list[WorkloadChange] = []
    workloads = Workloads()
    workloads.subscribe(heard.append)
    for state in (deployment(), deployment(available=1), deployment(replicas=2, available=1)):
        workloads.see(state)
    workloads.see(deployment(replicas=0, available=1))
    workloads.gone("n", "agent")
    assert [(change.name, change.running) for change in heard] == [("agent", True), ("agent", False)]


def test_late_subscribers_hear_what_runs() -> None:
    """Who comes later is told of what runs already, and nothing after unsubscribing."""
    heard: list[WorkloadChange] = []
    workloads = Workloads()
    workloads.see(deployment(available=1))
    stop = workloads.subscribe(heard.append)
    stop()
    workloads.gone("n", "agent")
    assert [change.running for change in heard] == [True]
