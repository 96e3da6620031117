"""The page's server: a few files, the board of any moment, the journal, objects to look at, and what happens now."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.resources
import secrets
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from lab.errors.base import LabError
from lab.kit.files import write_atomic
from lab.model.stage import Stage
from lab.web import views
from lab.web.entry import Entry
from lab.web.looking import as_dicts, commands, explanation, looks
from lab.web.objects import ObjectReader
from lab.web.stream import follow
from lab.web.tape import Tape

HOST = "127.0.0.1"
ENTRIES = 200
"""How many entries of the journal are handed out at once."""
EVENTS = 20
"""How many events of a stage are told, newest first."""
COMPRESSED_FROM = 16_384
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

Asks = Callable[[], Mapping[str, Mapping[str, float]]]
"""For each cluster that asked Git: `period`, and `next_in`, the seconds until it asks again."""


class PageDoor:
    """Serves one tape. `objects` is None for a journal from elsewhere, whose clusters nobody can reach."""

    def __init__(
        self,
        tape: Tape,
        *,
        token: str,
        live: bool,
        objects: ObjectReader | None = None,
        asks: Asks = dict,
        title: str = "",
    ) -> None:
        self._tape = tape
        self._token = token
        self._live = live
        self._objects = objects
        self._asks = asks
        self._title = title
        self._runner: web.AppRunner | None = None
        self._closing = asyncio.Event()
        self._port = 0

    def application(self, cookie: str = "lab-page") -> web.Application:
        """The routes behind their guard."""
        application = web.Application(middlewares=[Entry(self._token, cookie).middleware])
        application.add_routes(
            [
                web.get("/", self._index),
                web.get("/static/{name}", self._static),
                web.get("/v1/about", self._about),
                web.get("/v1/board", self._board),
                web.get("/v1/journal", self._journal),
                web.get("/v1/stage", self._stage),
                web.get("/v1/record", self._record),
                web.get("/v1/object", self._object),
                web.get("/v1/explain", self._explain),
                web.get("/v1/events", self._events, allow_head=False),
            ]
        )
        return application

    async def open(self, port: int = 0) -> str:
        """Listen on loopback, on another port when `port` is taken; returns the address with its token."""
        # One browser may look at several labs on one machine, and cookies do not know ports.
        cookie = f"lab-page-{hashlib.sha256(self._token.encode()).hexdigest()[:8]}"
        self._runner = web.AppRunner(self.application(cookie), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError:
            if not port:
                raise
            await web.TCPSite(self._runner, HOST, 0).start()
        self._port = int(self._runner.addresses[0][1])
        return self.url

    async def close(self) -> None:
        """End every stream and listen no more."""
        self._closing.set()
        self._tape.wake()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """The address that opens the page."""
        return f"http://{HOST}:{self._port}/?token={self._token}"

    # -- files -----------------------------------------------------------------------------------------------

    async def _index(self, _request: web.Request) -> web.Response:
        return _file("index.html")

    async def _static(self, request: web.Request) -> web.Response:
        return _file(request.match_info["name"])

    # -- data ------------------------------------------------------------------------------------------------

    async def _about(self, _request: web.Request) -> web.Response:
        facts = {"live": self._live, "title": self._title, "first": self._tape.first, "last": self._tape.last}
        marks = views.marks_view(self._tape.records)
        return _json({"schema": "lab.page/v1", **facts, **views.stages_view(), "marks": marks})

    async def _board(self, request: web.Request) -> web.Response:
        at = _number(request, "at", self._tape.last)
        trail = _number(request, "trail", 0)
        board = await self._tape.board_at(at)
        view = views.board_view(board, trail=trail, cluster=request.query.get("cluster", ""))
        told = self._tape.before(board.seq + 1, 1)
        view |= {"last": self._tape.last, "first": self._tape.first}
        view["told"] = views.record_view(told[0]) if told else None
        if self._live and at >= self._tape.last:
            view["asks"] = dict(self._asks())
        return _json(view)

    async def _journal(self, request: web.Request) -> web.Response:
        limit = max(1, min(_number(request, "limit", ENTRIES), 1000))
        found = self._tape.before(_number(request, "before", self._tape.last + 1), limit)
        return _json({"entries": [views.record_view(record) for record in reversed(found)]})

    async def _record(self, request: web.Request) -> web.Response:
        found = self._tape.after(_number(request, "seq", 0) - 1, 1)
        if not found or found[0].seq != _number(request, "seq", 0):
            raise web.HTTPNotFound(text="There is no such entry.")
        return _json({**found[0].as_dict(), **views.record_view(found[0]), "explanation": _explained(found[0].event)})

    async def _stage(self, request: web.Request) -> web.Response:
        """Everything about one stage of one trail at a moment: objects, commands, events, explanation."""
        try:
            stage = Stage(request.query.get("stage", ""))
        except ValueError:
            raise web.HTTPBadRequest(text="There is no such stage.") from None
        at = _number(request, "at", self._tape.last)
        view = views.board_view(await self._tape.board_at(at), trail=_number(request, "trail", 0))
        trail, cluster = view["focus"]["trail"], view["focus"]["cluster"]
        if trail is None:
            raise web.HTTPNotFound(text="No trail has begun.")
        row = next(row for row in trail["stages"] if row["stage"] == str(stage))
        upto = reversed(self._tape.records[: self._tape.upto(at)])
        told = islice((r for r in upto if r.event.stage is stage and _about(r.event, trail)), EVENTS)
        return _json(
            {
                "passage": row,
                "trail": {key: trail[key] for key in ("id", "package", "cluster", "repository", "revision", "commit")},
                "looks": as_dicts(looks(stage, trail, cluster)),
                "commands": commands(stage, trail),
                "events": [views.record_view(record) for record in told],
                "explanation": explanation(row["code"] or ""),
            }
        )

    async def _object(self, request: web.Request) -> web.Response:
        if self._objects is None:
            raise web.HTTPNotFound(text="This journal came alone: its clusters cannot be reached from here.")
        asked = [request.query.get(key, "") for key in ("cluster", "apiVersion", "kind", "namespace", "name")]
        if not all((asked[0], asked[1], asked[2], asked[4])):
            raise web.HTTPBadRequest(text="cluster, apiVersion, kind and name are needed.")
        try:
            found = await self._objects.read(*asked)
        except LabError as error:
            return _json(error.as_dict(), status=409)
        if found is None:
            raise web.HTTPNotFound(text="There is no such object now.")
        return _json({"yaml": found})

    async def _explain(self, request: web.Request) -> web.Response:
        found = explanation(request.query.get("code", ""))
        if found is None:
            raise web.HTTPNotFound(text="Nothing is known about that code.")
        return _json(found)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await follow(request, self._tape, self._asks if self._live else dict, self._closing)


def page_token(file: Path) -> str:
    """The page's token, made once for a lab: a page that is open survives the next start of its server."""
    if not file.exists():
        write_atomic(file, secrets.token_urlsafe(24), mode=0o600)
    return file.read_text()


def _file(name: str) -> web.Response:
    folder = importlib.resources.files("lab") / "web" / "static"
    known = {entry.name: entry for entry in folder.iterdir()}
    suffix = Path(name).suffix
    if name not in known or suffix not in TYPES:
        raise web.HTTPNotFound(text="There is no such file.")
    return web.Response(body=known[name].read_bytes(), content_type=TYPES[suffix], charset="utf-8")


def _json(data: Any, *, status: int = 200) -> web.Response:
    body = orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)
    response = web.Response(body=body, status=status, content_type="application/json")
    if len(body) > COMPRESSED_FROM:
        response.enable_compression()
    return response


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 15:
        raise web.HTTPBadRequest(text=f"{name} must be a number.")
    return int(text)


def _about(event: Any, trail: Mapping[str, Any]) -> bool:
    """Whether an event is about the trail: by revision or variant left of the line, by cluster right of it."""
    for key in ("revision", "variant"):
        told = getattr(event, key, "")
        if told and trail.get(key):
            return bool(told == trail[key])
    directory = getattr(event, "directory", "")
    if directory and trail.get("directory") and directory != trail["directory"]:
        return False
    cluster = getattr(event, "cluster", "")
    return bool(cluster and cluster == trail["cluster"])


def _explained(event: Any) -> dict[str, str] | None:
    return explanation(str(getattr(event, "code", "")))
