"""A work queue with client-go's manners: one worker a key, no key twice, failures come again after growing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FIRST_BACKOFF = 0.25
LONGEST_BACKOFF = 60.0


class WorkQueue(Generic[K]):
    """`reconcile(key)` is called for each key added; it may return seconds after which to look again.

    `failed(key, error, attempt, wait)` hears of every exception before the key is tried again.
    """

    def __init__(
        self,
        reconcile: Callable[[K], Awaitable[float | None]],
        *,
        failed: Callable[[K, Exception, int, float], None],
        workers: int = 4,
    ) -> None:
        self._reconcile = reconcile
        self._failed = failed
        self._workers = workers
        self._queue: asyncio.Queue[K] = asyncio.Queue()
        self._waiting: set[K] = set()
        self._active: set[K] = set()
        self._again: set[K] = set()
        self._attempts: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}

    def add(self, key: K) -> None:
        """Have the key reconciled; while it is being worked on, once more afterwards."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if key in self._active:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._queue.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Add the key later, unless it is added before."""
        if key in self._timers:
            self._timers.pop(key).cancel()
        self._timers[key] = asyncio.get_running_loop().call_later(seconds, self.add, key)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._workers):
                    group.create_task(self._work())
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            self._waiting.discard(key)
            self._active.add(key)
            try:
                after = await self._reconcile(key)
                self._attempts.pop(key, None)
                if after is not None:
                    self.add_after(key, after)
            except Exception as error:
                attempt = self._attempts[key] = self._attempts.get(key, 0) + 1
                wait = min(FIRST_BACKOFF * 2 ** (attempt - 1), LONGEST_BACKOFF)
                self._failed(key, error, attempt, wait)
                self.add_after(key, wait)
            finally:
                self._active.discard(key)
                if key in self._again:
                    self._again.discard(key)
                    self.add(key)
