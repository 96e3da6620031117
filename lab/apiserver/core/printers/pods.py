"""Pods: readiness, the word for their state, restarts. Source: Kubernetes, internalversion printers, printPod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lab.apiserver.core.printers.durations import since
from lab.apiserver.core.printers.printer import Printer, age, columns, condition, name_of, part

Status = Mapping[str, Any]


def row_conditions(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The Completed condition of the row of a pod that ended, by which clients hide finished pods."""
    phase = part(pod, "status").get("phase")
    if phase not in ("Succeeded", "Failed"):
        return []
    message = "The pod has completed successfully." if phase == "Succeeded" else "The pod failed."
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}]


def _cells(pod: dict[str, Any], now: datetime) -> list[Any]:
    spec, status = part(pod, "spec"), part(pod, "status")
    state = _State(pod)
    state.read_init_containers()
    if not state.initializing or condition(pod, "Initialized").get("status") == "True":
        state.read_containers()
    restarts = str(state.restarts)
    if state.restarts and state.last_restart:
        restarts = f"{state.restarts} ({since(state.last_restart, now)} ago)"
    total = len(spec.get("containers") or ()) + len(state.sidecars)
    addresses = status.get("podIPs") or [{}]
    return [
        name_of(pod),
        f"{state.ready}/{total}",
        state.word(),
        restarts,
        age(pod, now),
        addresses[0].get("ip") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        _readiness_gates(pod, spec.get("readinessGates") or ()),
    ]


def _readiness_gates(pod: Mapping[str, Any], gates: Sequence[Mapping[str, str]]) -> str:
    if not gates:
        return "<none>"
    true = sum(condition(pod, gate["conditionType"]).get("status") == "True" for gate in gates)
    return f"{true}/{len(gates)}"


class _State:
    """What is gathered over the containers of one pod."""

    def __init__(self, pod: Mapping[str, Any]) -> None:
        self._pod = pod
        self._status: Mapping[str, Any] = part(pod, "status")
        self._init = part(pod, "spec").get("initContainers") or ()
        self.sidecars = {c.get("name") for c in self._init if c.get("restartPolicy") == "Always"}
        self.reason: str = self._status.get("reason") or self._status.get("phase") or ""
        if condition(pod, "PodScheduled").get("reason") == "SchedulingGated":
            self.reason = "SchedulingGated"
        self.initializing = False
        self.ready = 0
        self.restarts = 0
        self.last_restart = ""
        self._sidecar_restarts = 0
        self._sidecar_last = ""

    def read_init_containers(self) -> None:
        for position, container in enumerate(self._status.get("initContainerStatuses") or ()):
            sidecar = container.get("name") in self.sidecars
            self._count(container)
            if sidecar:
                self._sidecar_restarts += container.get("restartCount") or 0
                self._sidecar_last = max(self._sidecar_last, _restarted(container))
            terminated = part(container, "state").get("terminated")
            if terminated is not None and not terminated.get("exitCode"):
                continue
            if sidecar and container.get("started"):
                self.ready += bool(container.get("ready"))
                continue
            waiting = part(container, "state", "waiting").get("reason")
            if terminated is not None:
                self.reason = f"Init:{_ended(terminated)}"
            elif waiting and waiting != "PodInitializing":
                self.reason = f"Init:{waiting}"
            else:
                self.reason = f"Init:{position}/{len(self._init)}"
            self.initializing = True
            return

    def read_containers(self) -> None:
        self.restarts, self.last_restart = self._sidecar_restarts, self._sidecar_last
        running = False
        for container in reversed(self._status.get("containerStatuses") or ()):
            self._count(container)
            state = part(container, "state")
            waiting = part(state, "waiting").get("reason")
            if waiting:
                self.reason = waiting
            elif state.get("terminated") is not None:
                self.reason = _ended(state["terminated"])
            elif container.get("ready") and state.get("running") is not None:
                running = True
                self.ready += 1
        if self.reason == "Completed" and running:
            self.reason = "Running" if condition(self._pod, "Ready").get("status") == "True" else "NotReady"

    def _count(self, container: Status) -> None:
        self.restarts += container.get("restartCount") or 0
        self.last_restart = max(self.last_restart, _restarted(container))

    def word(self) -> str:
        """The cell Status."""
        if self._pod.get("metadata", {}).get("deletionTimestamp"):
            if self._status.get("reason") == "NodeLost":
                return "Unknown"
            if self._status.get("phase") not in ("Succeeded", "Failed"):
                return "Terminating"
        return self.reason


def _restarted(container: Status) -> str:
    finished: str = part(container, "lastState", "terminated").get("finishedAt") or ""
    return finished


def _ended(terminated: Mapping[str, Any]) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


PRINTERS = {
    "pods": Printer(
        columns(
            "Name",
            "Ready",
            "Status",
            "Restarts",
            "Age",
            wide=("IP", "Node", "Nominated Node", "Readiness Gates"),
        ),
        _cells,
    ),
}
