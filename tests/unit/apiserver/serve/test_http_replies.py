"""Heads of replies."""

from __future__ import annotations

from lab.apiserver.core.request import Response
from lab.apiserver.serve.http_replies import reply_head


def test_a_plain_reply_has_type_and_length_and_keeps_the_connection() -> None:
    """Without headers and warnings the head is the status line with three fields."""
    expected = (
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nCache-Control: no-cache, private\r\n"
        b"Content-Length: 2\r\n\r\n"
    )
    assert expected == reply_head(Response(201, b"{}"), keep_alive=True)


def test_a_last_reply_says_that_the_connection_closes() -> None:
    """Connection: close stands in the head of the last reply of a connection."""
    assert b"\r\nConnection: close\r\n\r\n" in reply_head(Response(400, b""), keep_alive=False)


def test_headers_and_warnings_cannot_break_out_of_their_line() -> None:
    """A line break within a value becomes a space."""
    reply = Response(409, b"", headers={"Retry-After": "1\r\nX-Bad: 1"}, warnings=("one\ntwo",))

    head = reply_head(reply, keep_alive=True)

    assert b"Retry-After: 1  X-Bad: 1\r\n" in head
    assert b'Warning: 299 - "one two"\r\n' in head
