"""Logs of simulated pods: what the process behind a workload says, or the plain word that there is none."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.errors import ApiError, bad_request
from lab.apiserver.core.printers.durations import parse_time
from lab.apiserver.simulate.marks import controller_of
from lab.kit.clock import Clock, timestamp_micros

NOTHING_RUNS = "lab: this pod is simulated, no process runs behind it; images are not pulled and nothing is logged"


class LogBook:
    """The lines of one workload, the latest `most` of them; readers may follow."""

    def __init__(self, clock: Clock, most: int = 2000) -> None:
        self._clock = clock
        self._lines: deque[tuple[int, datetime, str]] = deque(maxlen=most)
        self._count = 0
        self._more = asyncio.Event()
        self._closed = False

    def write(self, text: str) -> None:
        """Add a line, or several if the text has several."""
        for line in text.splitlines():
            self._lines.append((self._count, self._clock.now(), line))
            self._count += 1
        self._wake()

    def close(self) -> None:
        """The process ended: followers are done when they have read everything."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        woken, self._more = self._more, asyncio.Event()
        woken.set()

    async def read(
        self, *, tail: int | None, since: datetime | None, follow: bool
    ) -> AsyncIterator[tuple[datetime, str]]:
        """Moments and lines, oldest first; with `follow`, until the book is closed."""
        chosen = [entry for entry in self._lines if since is None or entry[1] >= since]
        if tail is not None:
            chosen = chosen[max(0, len(chosen) - tail) :]
        next_line = chosen[0][0] if chosen else self._count
        while True:
            more = self._more
            for number, moment, line in list(self._lines):
                if number >= next_line:
                    next_line = number + 1
                    yield moment, line
            if not follow or self._closed:
                return
            if self._more is more:
                await more.wait()


class PodLogs:
    """The `LogSource` of one cluster: books by Deployment, found from a pod through its owners."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._books: dict[tuple[str, str], LogBook] = {}

    def attach(self, namespace: str, deployment: str, book: LogBook) -> None:
        """From now on the pods of this Deployment show this book."""
        self._books[namespace, deployment] = book

    def detach(self, namespace: str, deployment: str) -> None:
        """Nothing runs behind this Deployment any more."""
        book = self._books.pop((namespace, deployment), None)
        if book is not None:
            book.close()

    async def read(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int | None,
        since: datetime | None,
        previous: bool,
        follow: bool,
        timestamps: bool,
    ) -> AsyncIterator[bytes]:
        """See `lab.apiserver.core.logs.LogSource`."""
        entry = self._cluster.get("pods", (namespace, pod))
        if entry is None:
            raise ApiError(404, "NotFound", f'pods "{pod}" not found', kind="pods", name=pod)
        found = entry.object()
        if previous:
            raise bad_request(f'previous terminated container "{container}" in pod "{pod}" not found')
        began = _began(found, container)
        book = self._books.get((namespace, self._workload(found)))
        if book is None:
            quiet = LogBook(self._cluster.clock)
            if tail != 0 and (since is None or began >= since):
                yield _line(began, NOTHING_RUNS, timestamps)
            lines = quiet.read(tail=None, since=None, follow=follow)
        else:
            lines = book.read(tail=tail, since=since, follow=follow)
        async for moment, line in lines:
            yield _line(moment, line, timestamps)

    def _workload(self, pod: Mapping[str, Any]) -> str:
        """The name of the Deployment that a pod belongs to, or of its direct controller."""
        owner = controller_of(pod)
        if owner is None:
            return ""
        entry = self._cluster.get("replicasets.apps", (pod["metadata"]["namespace"], owner["name"]))
        above = controller_of(entry.object()) if entry is not None and owner["kind"] == "ReplicaSet" else None
        return str((above or owner)["name"])


def _began(pod: Mapping[str, Any], container: str) -> datetime:
    """When the container started. Raises ApiError 400 while it waits, with the kubelet's words."""
    name = pod["metadata"]["name"]
    statuses = [
        *((pod.get("status") or {}).get("initContainerStatuses") or ()),
        *((pod.get("status") or {}).get("containerStatuses") or ()),
    ]
    state = next((status.get("state") or {} for status in statuses if status["name"] == container), {})
    shown = state.get("running") or state.get("terminated")
    moment = parse_time(shown.get("startedAt") or "") if shown else None
    if moment is None:
        reason = (state.get("waiting") or {}).get("reason", "ContainerCreating")
        why = f"trying and failing to pull image: {reason}" if "Image" in reason else reason
        raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {why}')
    return moment


def _line(moment: datetime, text: str, timestamps: bool) -> bytes:
    shown = f"{timestamp_micros(moment)} {text}\n" if timestamps else f"{text}\n"
    return shown.encode()
