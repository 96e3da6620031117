"""The host's HTTP side: who may do what, and bodies of any size between sockets and worker threads.

Source: git, gitprotocol-http (smart clients, authentication, gzip request bodies).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import BinaryIO, Protocol, TypeVar, cast

from aiohttp import web

from lab.errors.base import LabError
from lab.git_hosts.embedded.advertisement import RECEIVE_PACK, UPLOAD_PACK
from lab.git_hosts.embedded.listing import Listed, as_data, as_page
from lab.git_hosts.embedded.packets import Write
from lab.ports.git_host import Credentials

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

_SERVICES = (UPLOAD_PACK, RECEIVE_PACK)
_NO_CACHE = {
    "Expires": "Fri, 01 Jan 1980 00:00:00 GMT",
    "Pragma": "no-cache",
    "Cache-Control": "no-cache, max-age=0, must-revalidate",
}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="nephio-lab", charset="UTF-8"'}
_IN_MEMORY = 1 << 20
_CHUNK = 1 << 16
_SLOW_CLIENT_SECONDS = 120.0


class Served(Protocol):
    """What the routes serve."""

    credentials: Credentials

    def knows(self, owner: str, name: str) -> bool:
        """Whether there is such a repository."""
        ...

    def is_private(self, name: str) -> bool:
        """Whether reading it needs the token."""
        ...

    def advertisement(self, name: str, service: str, version: int) -> bytes:
        """The answer to the client's first question. Blocks."""
        ...

    def answer(self, name: str, service: str, version: int, body: BinaryIO, write: Write) -> None:
        """Serve one request of the service. Blocks."""
        ...

    def listed(self) -> list[Listed]:
        """Every repository that anyone may see. Blocks."""
        ...


class GitRoutes:
    """Handlers for an aiohttp application; blocking work goes to `threads`."""

    def __init__(self, served: Served, threads: ThreadPoolExecutor) -> None:
        self._served = served
        self._threads = threads

    def application(self) -> web.Application:
        """The application."""
        application = web.Application()
        application.router.add_get("/", self._front_page)
        application.router.add_get("/{owner}/{name}/info/refs", self._info_refs)
        for service in _SERVICES:
            application.router.add_post(f"/{{owner}}/{{name}}/{service}", partial(self._service, service))
        return application

    async def _front_page(self, request: web.Request) -> web.Response:
        listed = await self._in_thread(self._served.listed)
        if request.query.get("format") == "json" or "application/json" in request.headers.get("Accept", ""):
            return web.json_response(as_data(listed))
        return web.Response(text=as_page(listed), content_type="text/html")

    async def _info_refs(self, request: web.Request) -> web.Response:
        service = request.query.get("service", "")
        if service not in _SERVICES:
            raise web.HTTPForbidden(text="Only the smart protocol is spoken here; please use a newer git.\n")
        name = self._admitted(request, service)
        work = partial(self._served.advertisement, name, service, _version(request))
        try:
            body = await self._in_thread(work)
        except LabError as error:
            return _broken(error)
        kind = f"application/x-{service}-advertisement"
        return web.Response(body=body, headers={**_NO_CACHE, "Content-Type": kind})

    async def _service(self, service: str, request: web.Request) -> web.StreamResponse:
        name = self._admitted(request, service)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as body:
            await self._receive(request, cast(BinaryIO, body))
            response = web.StreamResponse(headers={**_NO_CACHE, "Content-Type": f"application/x-{service}-result"})
            answer = _Answer(request, response, asyncio.get_running_loop())
            work = partial(self._served.answer, name, service, _version(request), cast(BinaryIO, body), answer.write)
            try:
                await self._in_thread(work)
                await answer.finish()
            except LabError as error:
                return _broken(error)
            return response

    async def _receive(self, request: web.Request, body: BinaryIO) -> None:
        size = 0
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > _IN_MEMORY:
                await self._in_thread(partial(body.write, chunk))
            else:
                body.write(chunk)
        body.seek(0)

    def _admitted(self, request: web.Request, service: str) -> str:
        """The name of the repository, when the client may use the service on it."""
        name = request.match_info["name"].removesuffix(".git")
        known = self._served.knows(request.match_info["owner"], name)
        proven = _proof(request, self._served.credentials)
        needed = service == RECEIVE_PACK or (known and self._served.is_private(name))
        if proven is False or (needed and not proven):
            raise web.HTTPUnauthorized(text="Unauthorized\n", headers=_CHALLENGE)
        if not known:
            raise web.HTTPNotFound(text="Not found.\n")
        return name

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _Answer:
    """The response as a worker thread writes it; the thread waits while the client reads slowly."""

    def __init__(self, request: web.Request, response: web.StreamResponse, loop: asyncio.AbstractEventLoop) -> None:
        self._request = request
        self._response = response
        self._loop = loop
        self._buffer = bytearray()

    def write(self, data: bytes) -> None:
        """Send the data; for the worker thread. Raises ConnectionError when the client is gone."""
        self._buffer += data
        if len(self._buffer) >= _CHUNK:
            sent = asyncio.run_coroutine_threadsafe(self._send(), self._loop)
            sent.result(_SLOW_CLIENT_SECONDS)

    async def finish(self) -> None:
        """Send what is left; for the loop, when the thread is done."""
        await self._send()
        await self._response.write_eof()

    async def _send(self) -> None:
        if not self._response.prepared:
            await self._response.prepare(self._request)
        data, self._buffer = bytes(self._buffer), bytearray()
        await self._response.write(data)


def _broken(error: LabError) -> web.Response:
    _LOG.error("%s: %s", error, error.why)
    return web.Response(status=500, text=error.as_text() + "\n")


def _version(request: web.Request) -> int:
    """The protocol version that the client prefers, as far as it is known."""
    for word in request.headers.get("Git-Protocol", "").split(":"):
        if word in ("version=1", "version=2"):
            return int(word[-1])
    return 0


def _proof(request: web.Request, credentials: Credentials) -> bool | None:
    """Whether the client proved that it holds the token; None when it did not try."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "":
            return None
        case "bearer" | "token":
            return _equal(value.strip(), credentials.token)
        case "basic":
            try:
                name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
            return _equal(token, credentials.token) and _equal(name, credentials.username)
    return False


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
