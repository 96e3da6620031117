"""HTTP/1.1 for the API server: an asyncio protocol over httptools.

The path begins with `/clusters/NAME`. Requests of one connection are answered one after the other; a watch is written
to the connection by the change itself, without a task.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl

import httptools

from lab.apiserver.core.documents import page_not_found
from lab.apiserver.core.identity import Credentials
from lab.apiserver.core.request import Request, Response, WatchHandle
from lab.apiserver.serve.local import warning_header
from lab.apiserver.server import ApiServer

PREFIX = "/clusters/"
MAX_BODY = 16 << 20
MAX_HEADERS = 64 << 10
MAX_UNSENT = 8 << 20
"""Bytes that a watch may leave unsent before it is ended: the client lists and watches anew."""
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
        self._stream: _Stream | None = None
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
            return
        except httptools.HttpParserError:
            self._refuse(400, b"malformed request\n")

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
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_all())

    def _request(self) -> Request:
        url = httptools.parse_url(self._url)
        query = tuple(parse_qsl(url.query.decode("latin-1"), keep_blank_values=True)) if url.query else ()
        method = self._parser.get_method().decode()
        return Request(method, url.path.decode("latin-1"), query, self._headers, b"".join(self._body))

    # -- answering ----------------------------------------------------------------------------------------------

    async def _answer_all(self) -> None:
        try:
            while self._waiting and self._transport is not None:
                request, keep_alive = self._waiting.pop(0)
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
            transport.write(_head(reply, keep_alive) + (b"" if request.method == "HEAD" else reply.body))
            if not keep_alive:
                transport.close()
            return keep_alive
        self._stream = _Stream(transport, reply)
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
            self._transport.write(_head(reply, False) + text)
            self._transport.close()


def _head(reply: Response, keep_alive: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {_phrase(reply.status)}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        "Cache-Control: no-cache, private",
    ]
    lines += [f"{key}: {value}" for key, value in reply.headers.items()]
    lines += [f"Warning: {warning_header(text)}" for text in reply.warnings]
    if not keep_alive:
        lines.append("Connection: close")
    return _encoded(lines)


def _encoded(lines: list[str]) -> bytes:
    clean = [line.replace("\r", " ").replace("\n", " ") for line in lines]
    return ("\r\n".join(clean) + "\r\n\r\n").encode("utf-8")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class _Stream:
    """A sink over a connection: chunked transfer, ended when the client reads too slowly."""

    def __init__(self, transport: asyncio.Transport, handle: WatchHandle) -> None:
        self._transport = transport
        self._handle = handle
        self._over = False

    def start(self) -> None:
        headers: Mapping[str, str] = {
            "Content-Type": self._handle.content_type,
            "Transfer-Encoding": "chunked",
            "Cache-Control": "no-cache, private",
        }
        lines = [f"HTTP/1.1 {self._handle.status} OK", *(f"{key}: {value}" for key, value in headers.items())]
        lines += [f"Warning: {warning_header(text)}" for text in self._handle.warnings]
        self._transport.write(_encoded(lines))
        self._handle.start(self)

    def write(self, data: bytes) -> bool:
        if self._over or self._transport.is_closing():
            return False
        if not data:
            return True
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._over = True
            self._transport.abort()
            return False
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        return True

    def end(self) -> None:
        """The last chunk; the connection is closed, as clients that watched open another."""
        if not self._over and not self._transport.is_closing():
            self._over = True
            self._transport.write(b"0\r\n\r\n")
            self._transport.close()

    def finish(self) -> None:
        """End from the server's side."""
        self._handle.close()
        self.end()

    def close(self) -> None:
        """The connection is gone."""
        self._over = True
        self._handle.close()
