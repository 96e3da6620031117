"""Replies as bytes of HTTP/1.1: heads, and streams in chunks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus

from lab.apiserver.core.request import Response, WatchHandle
from lab.apiserver.serve.local import warning_header

MAX_UNSENT = 8 << 20
"""Bytes that a watch may leave unsent before it is ended: the client lists and watches anew."""


def reply_head(reply: Response, keep_alive: bool) -> bytes:
    """The head of a complete reply, up to its body."""
    head = _status_line(reply.status, reply.content_type) + b"%d\r\n" % len(reply.body)
    if not (reply.headers or reply.warnings) and keep_alive:
        return head + b"\r\n"
    lines = [f"{key}: {value}" for key, value in reply.headers.items()]
    lines += [f"Warning: {warning_header(text)}" for text in reply.warnings]
    if not keep_alive:
        lines.append("Connection: close")
    return head + _encoded(lines)


@cache
def _status_line(status: int, content_type: str) -> bytes:
    """How a reply begins, up to the number of bytes of its body."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}", f"Content-Type: {content_type}"]
    return _encoded([*lines, "Cache-Control: no-cache, private", "Content-Length: "])[:-4]


def _encoded(lines: list[str]) -> bytes:
    clean = [line.replace("\r", " ").replace("\n", " ") for line in lines]
    return ("\r\n".join(clean) + "\r\n\r\n").encode("utf-8")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Stream:
    """A sink over a connection: chunked transfer, ended when the client reads too slowly."""

    def __init__(self, transport: asyncio.Transport, handle: WatchHandle) -> None:
        self._transport = transport
        self._handle = handle
        self._over = False

    def start(self) -> None:
        """Write the head and let the handle begin."""
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
        """One chunk; False where the client is gone or reads too slowly."""
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
