"""The page of a running embedded lab: its bus, its clusters as admin for reading, and its agents' questions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from lab.events.records import Record
from lab.web.door import PageDoor, page_token
from lab.web.objects import ObjectReader
from lab.web.tape import Tape
from lab.wiring.embedded import EmbeddedLab

PART = "page"


class LabPage:
    """Serves the page beside a lab until closed."""

    def __init__(self, lab: EmbeddedLab) -> None:
        self._lab = lab
        self._loop = asyncio.get_running_loop()
        # Listen first: what is published meanwhile comes twice, and the tape takes a number once.
        self._unsubscribe = lab.bus.subscribe(self._heard)
        self._tape = Tape(lab.bus.records)
        self._door = PageDoor(
            self._tape,
            token=page_token(lab.bench.folder / "keys" / "page-token"),
            live=True,
            objects=ObjectReader(lab.bench.kube),
            asks=self._asks,
            title=lab.spec.name,
        )

    async def open(self) -> str:
        """Listen where the lab's page listened before, else anywhere; returns the address with its token."""
        url = await self._door.open(self._lab.ports.wanted(PART, 0))
        self._lab.ports.remember(PART, self._door.port)
        return url

    async def close(self) -> None:
        """Listen no more."""
        self._unsubscribe()
        await self._door.close()

    def _heard(self, record: Record) -> None:
        # Events come from worker threads, too.
        self._loop.call_soon_threadsafe(self._tape.append, record)

    def _asks(self) -> Mapping[str, Mapping[str, float]]:
        found = {}
        for cluster, syncs in self._tape.board.syncs.items():
            for sync in syncs.values():
                question = self._lab.questions.of(cluster, sync.url)
                if question is not None:
                    next_in = round(question.next_in(sync.period), 2)
                    found[cluster] = {"period": sync.period, "next_in": next_in, "count": float(question.count)}
        return found
