"""What happens now, as server-sent events: every record with its number, so that a reader who lost the line goes on.

Three kinds: `record` carries an entry of the journal and its number as id; `asked` tells when clusters ask Git next;
`reset` says that the reader's number is ahead of this journal, which means that it is another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from lab.web.entry import HEADERS
from lab.web.tape import Tape
from lab.web.views import record_view

BATCH = 500
BEAT = 1.0
"""Seconds after which, without news, the questions are looked at."""
QUIET_BEATS = 15
"""Beats without anything to say after which a comment keeps the connection open."""
RETRY = 1000
"""Milliseconds after which a browser comes back."""


async def follow(
    request: web.Request,
    tape: Tape,
    asks: Callable[[], Mapping[str, Mapping[str, float]]],
    closing: asyncio.Event,
) -> web.StreamResponse:
    """Send records behind the last one that the reader has (`Last-Event-ID`, else `?after=`) until either side ends."""
    seq = _start(request, tape.last)
    response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
    await response.prepare(request)
    try:
        await response.write(f"retry: {RETRY}\n\n".encode())
        if seq > tape.last:
            await response.write(_event("reset", {"last": tape.last}))
            seq = tape.last
        await _send(response, tape, seq, asks, closing)
    except (ConnectionError, asyncio.CancelledError):
        # The reader has gone away; it comes back with its number.
        if closing.is_set():
            return response
        raise
    return response


async def _send(
    response: web.StreamResponse,
    tape: Tape,
    seq: int,
    asks: Callable[[], Mapping[str, Mapping[str, float]]],
    closing: asyncio.Event,
) -> None:
    known: dict[str, float] = {}
    quiet = 0
    while not closing.is_set():
        records = tape.after(seq, BATCH)
        if records:
            await response.write(b"".join(_event("record", record_view(r), r.seq) for r in records))
            seq = records[-1].seq
            quiet = 0
            continue
        fresh = _fresh(asks(), known)
        if fresh:
            await response.write(_event("asked", fresh))
            quiet = 0
        quiet += 1
        if quiet >= QUIET_BEATS:
            await response.write(b": still here\n\n")
            quiet = 0
        await tape.grown(seq, BEAT)


def _fresh(asks: Mapping[str, Mapping[str, float]], known: dict[str, float]) -> dict[str, Mapping[str, float]]:
    """Who has asked since the last look: their next question lies further off than it did."""
    fresh = {cluster: ask for cluster, ask in asks.items() if ask["next_in"] > known.get(cluster, -1.0)}
    known.clear()
    known.update({cluster: ask["next_in"] for cluster, ask in asks.items()})
    return fresh


def _start(request: web.Request, last: int) -> int:
    shown = request.headers.get("Last-Event-ID") or request.query.get("after") or ""
    return int(shown) if shown.isdecimal() and len(shown) <= 15 else last


def _event(kind: str, data: Any, seq: int | None = None) -> bytes:
    number = f"id: {seq}\n" if seq is not None else ""
    return f"{number}event: {kind}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"
