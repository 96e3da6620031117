"""One writer a revision at a time: people are told to come again, controllers wait.

Source: Porch, per-revision mutexes and their conflict texts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lab.orchestrators.builtin.revision import Key


class Busy(Exception):
    """Another request writes the same revision."""


class Turns:
    """A lock per revision that exists only while someone holds or awaits it."""

    def __init__(self) -> None:
        self._locks: dict[Key, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, key: Key, *, patient: bool) -> AsyncIterator[None]:
        """Hold the turn of a revision. Raises Busy at once when it is taken and the caller is not patient."""
        lock, users = self._locks.get(key) or (asyncio.Lock(), 0)
        if users and not patient:
            raise Busy(f'another request is already in progress on package revision "{key[0]}/{key[1]}"')
        self._locks[key] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = lock, users - 1
