"""The page beside a running lab."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp

from lab.events import kinds as k
from lab.events.bus import EventBus
from lab.kit.clock import StillClock
from lab.web.of_lab import LabPage
from lab.wiring.embedded import EmbeddedLab
from lab.wiring.ports_file import PortsFile
from lab.wiring.questions import Questions


def test_the_page_hears_the_lab_and_keeps_its_address(tmp_path: Path, road: tuple[k.Event, ...]) -> None:
    """What was published before and after, from any thread, is on the page; the next start has the same address."""
    clock = StillClock()
    lab = SimpleNamespace(
        bus=EventBus(clock),
        questions=Questions(clock),
        ports=PortsFile(tmp_path / "ports.json"),
        spec=SimpleNamespace(name="demo"),
        bench=SimpleNamespace(folder=tmp_path, kube=None),
    )
    for event in road[:11]:
        lab.bus.publish(event)
    lab.questions.note("my-ran", "http://git.invalid/nephio/nephio-my-ran.git")
    clock.advance(4.0)

    async def board(page: LabPage) -> tuple[str, Any]:
        url = await page.open()
        await asyncio.to_thread(lab.bus.publish, road[11])
        try:
            async with aiohttp.ClientSession() as session, session.get(url.replace("/?", "/v1/board?")) as reply:
                return url, await reply.json()
        finally:
            await page.close()

    async def twice() -> None:
        url, view = await board(LabPage(cast(EmbeddedLab, lab)))
        assert view["last"] == 12
        assert view["asks"] == {"my-ran": {"period": 15.0, "next_in": 11.0, "count": 1.0}}
        assert url == (await board(LabPage(cast(EmbeddedLab, lab))))[0]

    asyncio.run(twice())
