"""A client inside the process: the same pipeline, identity and rights, without sockets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from lab.apiserver.core.identity import Identity
from lab.apiserver.core.request import Request, Response, WatchHandle
from lab.apiserver.server import ApiServer

MAX_QUEUED = 10_000
"""Frames that may wait for a slow reader before its stream ends; it lists and watches anew."""


class LocalTransport:
    """Requests to one cluster as one identity."""

    def __init__(self, api: ApiServer, cluster: str, identity: Identity) -> None:
        self._api = api
        self._cluster = cluster
        self._identity = identity
        self._open: set[_Queue] = set()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request and its whole reply: status, headers, body."""
        status, found, stream = await self.open(method, path, query=query, headers=headers, body=body)
        return status, found, b"".join([part async for part in stream])

    async def open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], AsyncGenerator[bytes, None]]:
        """One request with a streaming reply; closing the generator ends a watch."""
        pairs = tuple(query.items()) if isinstance(query, Mapping) else tuple(query)
        lowered = {key.lower(): value for key, value in headers.items()}
        reply = await self._api.handle(self._cluster, self._identity, Request(method, path, pairs, lowered, body))
        if isinstance(reply, Response):
            return reply.status, reply_headers(reply), _once(reply.body)
        queue = _Queue(reply, self._open)
        return reply.status, {"content-type": reply.content_type}, queue

    async def close(self) -> None:
        """End every stream of this client."""
        for queue in list(self._open):
            queue.stop()


def reply_headers(reply: Response) -> dict[str, str]:
    """The headers of a reply; warnings joined by comma, as repeated headers are."""
    headers = {"content-type": reply.content_type, **{key.lower(): value for key, value in reply.headers.items()}}
    if reply.warnings:
        headers["warning"] = ", ".join(warning_header(text) for text in reply.warnings)
    return headers


def warning_header(text: str) -> str:
    """One value of a `Warning` header (RFC 7234, warn-code 299)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    if body:
        yield body


class _Queue(AsyncGenerator[bytes, None]):
    """A stream between a sink and a reader, bounded. It begins when it is made, not when it is first read."""

    def __init__(self, handle: WatchHandle, known: set[_Queue]) -> None:
        self._handle = handle
        self._known = known
        self._frames: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._ended = False
        known.add(self)
        handle.start(self)

    def write(self, data: bytes) -> bool:
        if len(self._frames) >= MAX_QUEUED:
            self.end()
            return False
        self._frames.append(data)
        self._news.set()
        return True

    def end(self) -> None:
        """No frame follows those that wait."""
        self._ended = True
        self._known.discard(self)
        self._news.set()

    def stop(self) -> None:
        """End from the reader's side."""
        self._handle.close()
        self._frames.clear()
        self.end()

    async def asend(self, value: None) -> bytes:
        """The next frame."""
        while not self._frames:
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            try:
                await self._news.wait()
            except asyncio.CancelledError:
                self.stop()
                raise
        return self._frames.popleft()

    async def athrow(self, typ: Any, val: Any = None, tb: Any = None) -> bytes:
        """End, as a generator that does not catch."""
        self.stop()
        if val is None:
            val = typ if isinstance(typ, BaseException) else typ()
        raise val.with_traceback(tb) if tb is not None else val

    async def aclose(self) -> None:
        """End the stream."""
        self.stop()
