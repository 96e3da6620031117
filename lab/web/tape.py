"""The journal as the page needs it: the records, the board of now, and the board of any moment before.

A moment is the number of a record; its board is the fold of every record up to it, so what the page shows for a moment
is what it showed then. Folding forward is cheap, so one board travels with whoever drags.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from lab.events.board import Board, board_of
from lab.events.records import Record


class Tape:
    """Records in the order of their numbers; `append` adds one as it happens and wakes who waits."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records = list(records)
        self._now = board_of(self._records)
        self._travelling = Board()
        self._position = 0
        self._changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    @property
    def last(self) -> int:
        """The number of the newest record, 0 when there is none."""
        return self._records[-1].seq if self._records else 0

    @property
    def first(self) -> int:
        """The number of the oldest record, 0 when there is none."""
        return self._records[0].seq if self._records else 0

    @property
    def board(self) -> Board:
        """The board of now."""
        return self._now

    @property
    def records(self) -> Sequence[Record]:
        """Every record; not to be changed."""
        return self._records

    def append(self, record: Record) -> None:
        """One more record; numbers that are known already are left out."""
        if record.seq <= self.last:
            return
        self._records.append(record)
        self._now.fold(record)
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits look around: there is a record, or the page closes."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def upto(self, seq: int) -> int:
        """How many records have at most this number."""
        return bisect_right(self._records, seq, key=lambda record: record.seq)

    def after(self, seq: int, limit: int) -> Sequence[Record]:
        """The next `limit` records behind a number, oldest first."""
        start = self.upto(seq)
        return self._records[start : start + limit]

    def before(self, seq: int, limit: int) -> Sequence[Record]:
        """The last `limit` records before a number, oldest first."""
        end = self.upto(seq - 1)
        return self._records[max(end - limit, 0) : end]

    async def board_at(self, seq: int) -> Board:
        """The board after the record with this number, or the last one before it.

        The same board is handed to whoever asks next: read it before the next `await`.
        """
        if seq >= self.last:
            return self._now
        async with self._one_at_a_time:
            end = self.upto(seq)
            if end < self._position:
                self._travelling, self._position = Board(), 0
            for index in range(self._position, end):
                self._travelling.fold(self._records[index])
                self._position = index + 1
                # A long journal is folded in turns: the lab goes on meanwhile.
                if index % 500 == 499:
                    await asyncio.sleep(0)
            return self._travelling

    async def grown(self, seq: int, within: float) -> bool:
        """Return when there is a record behind the number or `wake` was called; False after `within` seconds."""
        if self.last > seq:
            return True
        changed = self._changed
        try:
            async with asyncio.timeout(within):
                await changed.wait()
        except TimeoutError:
            return False
        return True
