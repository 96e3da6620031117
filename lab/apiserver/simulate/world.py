"""What every simulated controller is given: client, clock, times, and where it may leave word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.apiserver.simulate.client import Client
from lab.apiserver.simulate.timing import Timing
from lab.kit.clock import Clock, timestamp

Reconcile = Callable[["World", str, str], Awaitable[float | None]]
"""From a namespace and a name: bring that object one step on; returns seconds after which to look again, or None."""

RefusesImage = Callable[[str], bool]
"""True for images that cannot be pulled."""


POD_NETWORK = "10.244"


@dataclass(slots=True)
class World:
    """One cluster as its simulated controllers see it."""

    client: Client
    clock: Clock
    timing: Timing
    node: str
    refuses_image: RefusesImage
    with_events: bool = True
    due: dict[str, dict[str, float]] = field(default_factory=dict)
    """When the steps of an object, known by its uid, may happen; on the clock's own scale."""
    addresses: int = 0
    """The number of the latest pod address."""
    stamp: int = 0
    """The name of the latest event."""

    def now(self) -> str:
        """The hour in RFC 3339 with whole seconds."""
        return timestamp(self.clock.now())

    def wait_for(self, uid: str, step: str, seconds: float) -> float:
        """Seconds that remain until a step may happen; the time runs from the first question. 0 when it is over."""
        now = self.clock.time()
        due = self.due.setdefault(uid, {}).setdefault(step, now + seconds)
        return max(0.0, due - now)

    def forget(self, uid: str) -> None:
        """Drop what is remembered of an object that is gone or settled."""
        self.due.pop(uid, None)

    def next_address(self) -> str:
        """An address for a pod, from the usual pod network of the one node."""
        self.addresses += 1
        return f"{POD_NETWORK}.{self.addresses // 253 % 256}.{self.addresses % 253 + 2}"

    def _stamp(self) -> int:
        """Nanoseconds of the hour, never the same twice: the names of events sort as they happened."""
        self.stamp = max(self.stamp + 1, int(self.clock.now().timestamp() * 1_000_000) * 1000)
        return self.stamp

    async def event(self, obj: Mapping[str, Any], reason: str, message: str, component: str) -> None:
        """Record an Event about an object, as the real component would."""
        if not self.with_events:
            return
        metadata = obj["metadata"]
        namespace = metadata.get("namespace", "default")
        now = self.now()
        about = {key: metadata[key] for key in ("namespace", "name", "uid", "resourceVersion") if key in metadata}
        await self.client.create(
            "events",
            namespace,
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": f"{metadata['name']}.{self._stamp():x}", "namespace": namespace},
                "involvedObject": {"apiVersion": obj["apiVersion"], "kind": obj["kind"], **about},
                "reason": reason,
                "message": message,
                "source": {"component": component},
                "reportingComponent": component,
                "type": "Warning" if reason in ("Failed", "BackOff", "FailedScheduling", "FailedCreate") else "Normal",
                "firstTimestamp": now,
                "lastTimestamp": now,
                "count": 1,
            },
        )
