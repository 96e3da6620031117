"""A client inside the process: the same pipeline, identity and rights, without sockets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence

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
        return reply.status, {"content-type": reply.content_type}, queue.read()

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


class _Queue:
    """A sink that a generator reads from, bounded."""

    def __init__(self, handle: WatchHandle, known: set[_Queue]) -> None:
        self._handle = handle
        self._known = known
        self._frames: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._ended = False
        self._started = False

    def write(self, data: bytes) -> bool:
        if len(self._frames) >= MAX_QUEUED:
            self.end()
            return False
        self._frames.append(data)
        self._news.set()
        return True

    def end(self) -> None:
        self._ended = True
        self._news.set()

    def stop(self) -> None:
        """End from the reader's side."""
        self._handle.close()
        self._frames.clear()
        self.end()

    async def read(self) -> AsyncGenerator[bytes, None]:
        self._known.add(self)
        try:
            self._handle.start(self)
            while True:
                while self._frames:
                    yield self._frames.popleft()
                if self._ended:
                    return
                self._news.clear()
                await self._news.wait()
        finally:
            self._handle.close()
            self._known.discard(self)
