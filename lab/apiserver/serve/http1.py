"""HTTP/1.1 for the API server: an asyncio protocol over httptools.

The path begins with `/clusters/NAME`. Requests of one connection are answered one after the other; a watch is written
to the connection by the change itself, without a task.
"""

from __future__ import annotations

import asyncio
import ssl
import types
from collections.abc import Coroutine, Generator
from typing import Any, cast
from urllib.parse import parse_qsl

import httptools

from lab.apiserver.core.documents import page_not_found
from lab.apiserver.core.identity import Credentials
from lab.apiserver.core.request import Request, Response, WatchHandle
from lab.apiserver.serve.http_replies import Stream, reply_head
from lab.apiserver.server import ApiServer

PREFIX = "/clusters/"
MAX_BODY = 16 << 20
MAX_HEADERS = 64 << 10
LINGER = 0.5
"""Seconds that connections are given to say goodbye when the listener closes."""
_MAX_PIPELINED = 16


class Server:
    """A running listener."""

    def __init__(self, server: asyncio.Server, connections: set[Connection]) -> None:
        self._server = server
        self._connections = connections
        self.port: int = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end every connection; those that do not end by themselves are cut."""
        self._server.close()
        for connection in list(self._connections):
            connection.drop()
        ends = [connection.ended for connection in self._connections]
        if ends:
            _, late = await asyncio.wait(ends, timeout=LINGER)
            for connection in list(self._connections):
                connection.cut()
            if late:
                await asyncio.wait(late)
        await self._server.wait_closed()


async def serve(api: ApiServer, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> Server:
    """Listen; port 0 lets the system choose. Raises OSError where the port is taken."""
    loop = asyncio.get_running_loop()
    connections: set[Connection] = set()
    server = await loop.create_server(lambda: Connection(api, connections), host, port, ssl=tls)
    return Server(server, connections)


class Connection(asyncio.Protocol):
    """One client connection."""

    def __init__(self, api: ApiServer, connections: set[Connection]) -> None:
        self._api = api
        self._connections = connections
        self._parser: Any = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._credentials = Credentials()
        self._waiting: list[tuple[Request, bool]] = []
        self._task: asyncio.Task[None] | None = None
        self._stream: Stream | None = None
        self._paused = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the connection is lost."""
        self._begin()

    def _begin(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._header_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0

    # -- asyncio ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport and the peer's certificate."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self._credentials = Credentials(tls.getpeercert(binary_form=True) or None)

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request itself is complete and gets its answer, which is a refusal: nothing is upgraded here.
            pass
        except httptools.HttpParserError:
            self._refuse(400, b"malformed request\n")
        if self._waiting and self._task is None:
            self._answer_now()

    def connection_lost(self, exc: Exception | None) -> None:
        """End what was going on."""
        self._connections.discard(self)
        if not self.ended.done():
            self.ended.set_result(None)
        self._transport = None
        self._waiting.clear()
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._task is not None:
            self._task.cancel()

    def drop(self) -> None:
        """End the connection from the server's side."""
        if self._stream is not None:
            self._stream.finish()
        if self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """End the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    # -- httptools ----------------------------------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; repeated ones are joined by newline, which no header can hold."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADERS:
            self._refuse(431, b"the headers are too large\n")
            return
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        known = self._headers.get(key)
        self._headers[key] = text if known is None else f"{known}\n{text}"

    def on_headers_complete(self) -> None:
        """A client that waits for permission to send its body gets it."""
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        """A part of the body."""
        self._body_bytes += len(data)
        if self._body_bytes > MAX_BODY:
            self._refuse(413, b"the body is too large\n")
            return
        self._body.append(data)

    def on_message_complete(self) -> None:
        """A whole request: answer it, or queue it behind the one that is being answered."""
        request = self._request()
        keep_alive = self._parser.should_keep_alive() and not self._parser.should_upgrade()
        self._begin()
        if self._transport is None or self._transport.is_closing():
            return
        self._waiting.append((request, keep_alive))
        if len(self._waiting) >= _MAX_PIPELINED:
            self._transport.pause_reading()
            self._paused = True

    def _request(self) -> Request:
        url = httptools.parse_url(self._url)
        query = tuple(parse_qsl(url.query.decode("latin-1"), keep_blank_values=True)) if url.query else ()
        method = self._parser.get_method().decode()
        return Request(method, url.path.decode("latin-1"), query, self._headers, b"".join(self._body))

    # -- answering ----------------------------------------------------------------------------------------------

    def _answer_now(self) -> None:
        """Answer without a task as far as nothing has to be waited for: most requests never need one."""
        work = self._answer_all()
        try:
            awaited = work.send(None)
        except StopIteration:
            return
        self._task = asyncio.get_running_loop().create_task(_rest(work, awaited))

    async def _answer_all(self) -> None:
        try:
            while self._waiting and self._transport is not None:
                request, keep_alive = self._waiting.pop(0)
                if self._paused:
                    self._paused = False
                    self._transport.resume_reading()
                if not await self._answer(request, keep_alive):
                    return
        finally:
            self._task = None

    async def _answer(self, request: Request, keep_alive: bool) -> bool:
        """Answer one request; False where the connection is used up."""
        try:
            reply = await self._route(request)
        except ConnectionError:
            if self._transport is not None:
                self._transport.abort()
            return False
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if isinstance(reply, Response):
            transport.write(reply_head(reply, keep_alive) + (b"" if request.method == "HEAD" else reply.body))
            if not keep_alive:
                transport.close()
            return keep_alive
        self._stream = Stream(transport, reply)
        self._stream.start()
        return False

    async def _route(self, request: Request) -> Response | WatchHandle:
        if not request.path.startswith(PREFIX):
            return page_not_found()
        name, slash, rest = request.path[len(PREFIX) :].partition("/")
        inner = Request(request.method, slash + rest or "/", request.query, request.headers, request.body)
        return await self._api.handle(name, self._credentials, inner)

    def _refuse(self, code: int, text: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            reply = Response(code, text, "text/plain; charset=utf-8")
            self._transport.write(reply_head(reply, False) + text)
            self._transport.close()


async def _rest(work: Coroutine[Any, Any, None], awaited: Any) -> None:
    """What is left of a coroutine that was begun outside of a task and waits for `awaited`."""
    await _resumed(work, awaited)


@types.coroutine
def _resumed(work: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    try:
        while True:
            try:
                found = yield awaited
            except BaseException as error:
                awaited = work.throw(error)
            else:
                awaited = work.send(found)
    except StopIteration:
        return
    finally:
        work.close()
