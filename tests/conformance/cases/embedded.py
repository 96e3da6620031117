"""A case on the embedded server, in the process and in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

from cases.catalog import Case, run
from cases.session import Session
from lab.apiserver.core.identity import ADMIN, Credentials
from lab.apiserver.model_files import InstalledModels
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop

TOKEN_SECONDS = 330.0


def replay(case: Case) -> list[dict[str, Any]]:
    """The steps of a case on a fresh cluster."""
    loop = VirtualTimeLoop()
    try:
        return loop.run_until_complete(_replay(case, loop))
    finally:
        loop.close()


async def _replay(case: Case, loop: VirtualTimeLoop) -> list[dict[str, Any]]:
    server = ApiServer(LoopClock(loop), read_model=InstalledModels())
    await server.start()
    server.fleet.create("c")
    await asyncio.sleep(5)
    anybody = LocalTransport(server, "c", Credentials())  # type: ignore[arg-type]
    session = Session(case.name, LocalTransport(server, "c", ADMIN), anybody, TOKEN_SECONDS)
    try:
        await run(case, session)
    finally:
        await server.stop()
    return session.steps
