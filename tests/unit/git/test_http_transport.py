"""Connections to a Git server: none stays open for longer than somebody wants it."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from lab.git.failures import GitDenied, GitFailure, GitMissing, GitUnreachable
from lab.git.http_transport import GitTransport
from lab.git.packed_refs import RefChange

CHANGE = RefChange("refs/heads/main", None, "1" * 40)


class Refusing(BaseHTTPRequestHandler):
    """Answers with the status that the path names, on a connection that stays."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        status = int(self.path.split("/")[1])
        body = b"0" * 100
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", self.path.replace("/302/", "/200/"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_what: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A server that refuses in the way the URL names."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def connections(port: int) -> list[socket.socket]:
    """The open sockets of this process that lead to the port."""
    sockets = [one for one in gc.get_objects() if isinstance(one, socket.socket) and one.fileno() >= 0]
    found = []
    for one in sockets:
        try:
            peer = one.getpeername()
        except OSError:
            continue
        if peer[1:2] == (port,):
            found.append(one)
    return found


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, GitDenied), (403, GitDenied), (404, GitMissing), (500, GitUnreachable), (200, GitUnreachable)],
)
def test_a_refused_operation_leaves_no_connection(
    server: ThreadingHTTPServer, status: int, failure: type[GitFailure]
) -> None:
    """However the server refuses, nothing stays open, even while the error is still looked at."""
    transport = GitTransport(f"http://127.0.0.1:{server.server_port}/{status}/x.git", None)
    with pytest.raises(failure) as refused:
        transport.refs()
    with pytest.raises(failure):
        transport.push([CHANGE], {}, set())  # type: ignore[arg-type]
    transport.close()
    assert refused.value.__traceback__ is not None
    assert connections(server.server_port) == []
