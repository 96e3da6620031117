"""An event loop whose time moves on by itself when every task is idle.

A test that waits for the agent's next question in fifteen seconds takes no time: when nothing is ready and the
next timer lies ahead, the loop's time jumps there. Two things keep it honest. While a job runs in a worker thread
or a child process that was announced with `real_time`, time passes at its real pace, so that whoever talks to the
loop over a socket meanwhile sees a world that goes on. And bytes that wait on a socket are served before time moves.

The order in which ready tasks run can be shuffled with a seed, to explore interleavings; None keeps the order.
"""

from __future__ import annotations

import asyncio
import random
import selectors
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

SETTLE = 0.002
"""Real seconds during which open sockets are given the chance to speak before time jumps."""


class _IdleSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type, unused-ignore]
    """The platform's selector, which jumps over waiting when the loop allows it."""

    loop: VirtualTimeLoop | None = None

    def select(self, timeout: float | None = None) -> Any:
        if self.loop is None:
            return super().select(timeout)
        return self.loop.wait_for_events(super().select, timeout)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop; `time()` starts at 0 and jumps."""

    def __init__(self, seed: int | None = None) -> None:
        self._virtual = 0.0
        self._outside = 0
        self._random = random.Random(seed) if seed is not None else None
        selector = _IdleSelector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        """Seconds of virtual time since the loop was made."""
        return self._virtual

    @contextmanager
    def real_time(self) -> Iterator[None]:
        """While the block runs, time passes at its real pace (a child process talks to the loop)."""
        self._outside += 1
        try:
            yield
        finally:
            self._outside -= 1

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """As in asyncio; while the job runs, time does not jump."""
        self._outside += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._job_done)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """As in asyncio; threads end at their own pace, so time does not jump to the limit."""
        limits = () if timeout is None or sys.version_info < (3, 12) else (timeout,)
        with self.real_time():
            await super().shutdown_default_executor(*limits)

    def _job_done(self, _future: asyncio.Future[Any]) -> None:
        self._outside -= 1

    def wait_for_events(self, select: Callable[[float | None], Any], timeout: float | None) -> Any:
        """What the selector does in this loop: serve sockets first, then jump or pass real time."""
        self._shuffle_ready()
        if timeout is not None and timeout <= 0:
            return select(0)
        if self._outside or timeout is None:
            began = time.monotonic()
            events = select(timeout)
            if timeout is not None:
                self._virtual += min(time.monotonic() - began, timeout)
            return events
        events = select(SETTLE if self._has_sockets() else 0)
        if not events:
            self._virtual += timeout
        return events

    def _has_sockets(self) -> bool:
        # The loop's own wake-up pipe is always registered.
        return len(self._selector.get_map()) > 1  # type: ignore[attr-defined]

    def _shuffle_ready(self) -> None:
        if self._random is not None and len(self._ready) > 1:  # type: ignore[attr-defined]
            ready = list(self._ready)  # type: ignore[attr-defined]
            self._random.shuffle(ready)
            self._ready.clear()  # type: ignore[attr-defined]
            self._ready.extend(ready)  # type: ignore[attr-defined]
