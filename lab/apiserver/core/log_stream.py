"""The log of a container as a streaming reply: an async source pushed into a sink."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.request import Sink


class LogStream:
    """A `WatchHandle` over an async iterator of lines. One task exists from `start` to the end or `close`."""

    status = 200
    content_type = "text/plain"
    warnings: tuple[str, ...] = ()

    def __init__(self, lines: AsyncIterator[bytes], limit_bytes: int | None = None) -> None:
        self._lines = lines
        self._left = limit_bytes
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Task[bytes | None] | None = None

    async def check(self) -> None:
        """Raise the source's ApiError where it refuses at once, while the reply can still be one."""
        self._first = asyncio.get_running_loop().create_task(self._next())
        await asyncio.sleep(0)
        if self._first.done():
            self._first.result()

    async def _next(self) -> bytes | None:
        return await anext(self._lines, None)

    def start(self, sink: Sink) -> None:
        """Begin to pump lines."""
        self._task = asyncio.get_running_loop().create_task(self._pump(sink))

    async def _pump(self, sink: Sink) -> None:
        try:
            while (line := await (self._first or self._next())) is not None:
                self._first = None
                data = line if self._left is None else line[: self._left]
                if self._left is not None:
                    self._left -= len(data)
                if not sink.write(data) or self._left == 0:
                    break
        except ApiError as refusal:
            # The reply has begun: the sentence can only stand in the log itself, as the kubelet does it.
            sink.write(refusal.message.encode() + b"\n")
        sink.end()

    def close(self) -> None:
        """End the pump; the source's generator is closed with it."""
        if self._first is not None:
            self._first.cancel()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
