"""Word of workloads that come and go, so that the lab can run the process that a simulated Deployment stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkloadChange:
    """A Deployment became available (`running`), or is no longer: removed, scaled to zero, or without ready pods.

    `deployment` is its last known state.
    """

    namespace: str
    name: str
    running: bool
    deployment: Mapping[str, Any]


WorkloadCallback = Callable[[WorkloadChange], None]


class Workloads:
    """Remembers which Deployments run and tells subscribers of every turn."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._callbacks: list[WorkloadCallback] = []

    def subscribe(self, callback: WorkloadCallback) -> Callable[[], None]:
        """Hear of every turn, of what runs already first. Returns how to stop. Callbacks must not block."""
        self._callbacks.append(callback)
        for (namespace, name), deployment in list(self._running.items()):
            callback(WorkloadChange(namespace, name, running=True, deployment=deployment))
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    def see(self, deployment: Mapping[str, Any]) -> None:
        """Take in the present state of a Deployment."""
        metadata = deployment["metadata"]
        wanted = deployment["spec"].get("replicas", 1) > 0 and not metadata.get("deletionTimestamp")
        available = bool((deployment.get("status") or {}).get("availableReplicas"))
        self._turn(metadata["namespace"], metadata["name"], running=wanted and available, deployment=deployment)

    def gone(self, namespace: str, name: str) -> None:
        """A Deployment does not exist any more."""
        self._turn(namespace, name, running=False, deployment=self._running.get((namespace, name), {}))

    def _turn(self, namespace: str, name: str, *, running: bool, deployment: Mapping[str, Any]) -> None:
        key = (namespace, name)
        before = key in self._running
        if running:
            self._running[key] = deployment
        else:
            self._running.pop(key, None)
        if before != running:
            for callback in list(self._callbacks):
                callback(WorkloadChange(namespace, name, running=running, deployment=deployment))
