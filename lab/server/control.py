"""The control door: what the command line asks of a lab server that no Kubernetes API can do.

It listens on loopback and lets in only who shows the token of server.json, which its owner alone can read.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from lab.errors.base import ExitCode, LabError
from lab.model.names import LONGEST, label_fault
from lab.wiring.embedded import EmbeddedLab

HOST = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlDoor:
    """Routes below /v1; replies are JSON, refusals carry a LabError's fields."""

    def __init__(self, lab: EmbeddedLab, stopping: asyncio.Event) -> None:
        self._lab = lab
        self._stopping = stopping
        self._token = secrets.token_urlsafe(24)
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def open(self) -> None:
        """Listen on a free port."""
        application = web.Application(middlewares=[self._guard])
        application.add_routes(
            [
                web.get("/v1", self._hello),
                web.post("/v1/repositories", self._repository),
                web.put("/v1/clusters/{name}", self._add_cluster),
                web.delete("/v1/clusters/{name}", self._remove_cluster),
                web.post("/v1/parts/{part}/{act}", self._part),
                web.post("/v1/stop", self._stop),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self._port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def facts(self) -> dict[str, str | int]:
        """What server.json tells commands."""
        credentials = self._lab.git.credentials
        return {
            "pid": os.getpid(),
            "control_url": f"http://{HOST}:{self._port}",
            "control_token": self._token,
            "git_url": self._lab.git.url,
            "git_user": credentials.username,
            "git_token": credentials.token,
            "capabilities": ",".join(sorted(self._lab.clusters.capabilities)),
        }

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(shown.encode(), self._token.encode()):
            return web.json_response({}, status=401)
        try:
            return await handler(request)
        except LabError as error:
            return web.json_response(error.as_dict(), status=409)

    async def _hello(self, _request: web.Request) -> web.Response:
        return web.json_response({"lab": self._lab.spec.name, "clusters": list(self._lab.bench.clusters)})

    async def _repository(self, request: web.Request) -> web.Response:
        name = _field(await request.json(), "name")
        hosted = await self._lab.repository(name)
        return web.json_response({"name": hosted.name, "push_url": hosted.push_url, "pull_url": hosted.pull_url})

    async def _add_cluster(self, request: web.Request) -> web.Response:
        await self._lab.add_cluster(request.match_info["name"])
        return web.json_response({"clusters": list(self._lab.bench.clusters)})

    async def _remove_cluster(self, request: web.Request) -> web.Response:
        await self._lab.remove_cluster(request.match_info["name"])
        return web.json_response({"clusters": list(self._lab.bench.clusters)})

    async def _part(self, request: web.Request) -> web.Response:
        acts = {
            ("git", "pause"): self._lab.pause_git,
            ("git", "resume"): self._lab.resume_git,
            ("mgmt", "pause"): self._lab.stop_management,
            ("mgmt", "resume"): self._lab.start_management,
        }
        act = acts.get((request.match_info["part"], request.match_info["act"]))
        if act is None:
            what = f"{request.match_info['part']} cannot {request.match_info['act']}."
            raise LabError("LAB003", what, "", exit_code=ExitCode.USAGE)
        await act()
        return web.json_response({})

    async def _stop(self, _request: web.Request) -> web.Response:
        self._stopping.set()
        return web.json_response({})


def _field(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    fault = label_fault(value, LONGEST) if isinstance(value, str) else "must be a text"
    if fault or not isinstance(value, str):
        raise LabError("LAB004", f'"{value}" is no name for a repository.', f"It {fault}.")
    return value
