"""Waiting on the board: every wait names its object, what was seen last, how long it took, and its limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import orjson

from lab.errors.base import LabError
from lab.events.board import Board
from lab.events.bus import EventBus
from lab.events.records import Record, from_dict
from lab.kit.clock import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait in progress, for whoever shows it: what for, what was seen last, seconds elapsed and allowed."""

    what: str
    seen: str
    elapsed: float
    limit: float


Progress = Callable[[Waiting], None]


class Observer(Protocol):
    """Follows the stream of events, wherever it is written."""

    @property
    def board(self) -> Board:
        """The fold of everything seen so far."""
        ...

    async def changed(self, within: float) -> bool:
        """Return when the board has changed, or False when `within` seconds passed without."""
        ...


class BusObserver:
    """Follows the bus of this process."""

    def __init__(self, bus: EventBus) -> None:
        self.board = Board()
        self._changed = asyncio.Event()
        self.close = bus.subscribe(self._take, replay=True)

    def _take(self, record: Record) -> None:
        self.board.fold(record)
        self._changed.set()

    async def changed(self, within: float) -> bool:
        """Return when the board has changed, or False when `within` seconds passed without."""
        self._changed.clear()
        try:
            async with asyncio.timeout(within):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True


class JournalObserver:
    """Follows a journal that another process writes; looks for new lines every `interval` seconds.

    While nothing is new, `check` is called now and then: it raises what is to be said when the writer is gone.
    """

    def __init__(
        self, path: Path, clock: Clock, interval: float = 0.03, check: Callable[[], None] = lambda: None
    ) -> None:
        self.board = Board()
        self._path = path
        self._clock = clock
        self._interval = interval
        self._check = check
        self._offset = 0
        self.read()

    def read(self) -> list[Record]:
        """Fold and return every whole line that was added since the last look."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                content = file.read()
        except OSError:
            return []
        whole = content.rfind(b"\n") + 1
        self._offset += whole
        records = [from_dict(orjson.loads(line)) for line in content[:whole].splitlines()]
        for record in records:
            self.board.fold(record)
        return records

    async def changed(self, within: float) -> bool:
        """Return when the journal has grown, or False when `within` seconds passed without."""
        # Several may wait on one observer: whoever reads first takes the lines, the others see the board move.
        seen = self.board.seq
        deadline = self._clock.time() + within
        while not self.read() and self.board.seq == seen:
            if self._clock.time() >= deadline:
                self._check()
                return False
            await self._clock.sleep(min(self._interval, max(0.0, deadline - self._clock.time())))
        return True


async def wait_until(
    observer: Observer,
    question: Callable[[Board], T | None],
    *,
    what: str,
    limit: float,
    clock: Clock,
    seen: Callable[[Board], str] = lambda _board: "",
    progress: Progress | None = None,
) -> T:
    """The first answer of `question` that is not None. Raises LabError LAB027 after `limit` seconds.

    `what` names the awaited object, `seen` says what was seen last; `progress` hears of the wait once a second.
    """
    began = clock.time()
    while True:
        answer = question(observer.board)
        if answer is not None:
            return answer
        elapsed = clock.time() - began
        if elapsed >= limit:
            raise LabError(
                "LAB027", f"{what}: not within {limit:g}s.", f"Seen last: {seen(observer.board) or 'nothing'}."
            )
        if progress is not None:
            progress(Waiting(what, seen(observer.board), elapsed, limit))
        await observer.changed(min(1.0, limit - elapsed))
