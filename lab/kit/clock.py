"""The seam for time: whoever needs to know the hour is handed a `Clock`.

Waiting goes through the event loop (`asyncio.sleep`, `asyncio.timeout`), so a loop with virtual time moves
every wait; a `Clock` only tells the hour and keeps the two in step.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

VIRTUAL_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
"""Where virtual time begins: a fixed hour makes recorded journals comparable."""


class Clock(Protocol):
    """The hour, and a way to wait."""

    def now(self) -> datetime:
        """The hour, aware, in UTC."""
        ...

    def time(self) -> float:
        """Seconds on a scale that never runs backward."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The hour, aware, in UTC."""
        return datetime.now(UTC)

    def time(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed."""
        await asyncio.sleep(seconds)


class LoopClock:
    """The time of an event loop, told as an hour: `VIRTUAL_EPOCH` plus the loop's seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """The hour on the loop, aware, in UTC."""
        return VIRTUAL_EPOCH + timedelta(seconds=self._loop.time())

    def time(self) -> float:
        """Seconds on the loop."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on the loop."""
        await asyncio.sleep(seconds)


class StillClock:
    """A clock for tests that moves only when it is told to."""

    def __init__(self, start: datetime = VIRTUAL_EPOCH) -> None:
        self._start = start
        self._seconds = 0.0

    def now(self) -> datetime:
        """The start plus what was advanced."""
        return self._start + timedelta(seconds=self._seconds)

    def time(self) -> float:
        """Seconds advanced so far."""
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Advance by `seconds` and give others a turn."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move the hour forward."""
        self._seconds += seconds


def timestamp(moment: datetime) -> str:
    """RFC 3339 with whole seconds and `Z`, as Kubernetes writes metav1.Time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def timestamp_micros(moment: datetime) -> str:
    """RFC 3339 with microseconds and `Z`, as Kubernetes writes metav1.MicroTime."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
