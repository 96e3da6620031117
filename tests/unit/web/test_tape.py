"""The journal that is folded to any moment."""

from __future__ import annotations

import asyncio

import pytest

from lab.events.board import board_of
from lab.events.records import Record
from lab.web.tape import Tape
from lab.web.views import board_view


@pytest.mark.parametrize("order", [range(1, 15), range(14, 0, -1), (7, 3, 14, 3, 9, 1, 99)])
def test_a_moment_is_the_fold_up_to_it(records: list[Record], order: list[int]) -> None:
    """Dragging forward, back or about gives what a fresh fold of the same records gives."""

    async def drag() -> None:
        tape = Tape(records)
        for seq in order:
            board = await tape.board_at(seq)
            assert board_view(board) == board_view(board_of(r for r in records if r.seq <= seq))

    asyncio.run(drag())


def test_a_slice_lies_behind_or_before_a_number(records: list[Record]) -> None:
    """`after` and `before` leave out the number itself and keep the order."""
    tape = Tape(records)

    assert [r.seq for r in tape.after(12, 5)] == [13, 14]
    assert [r.seq for r in tape.before(3, 5)] == [1, 2]
    assert [r.seq for r in tape.before(10, 2)] == [8, 9]


def test_a_known_number_is_not_taken_twice(records: list[Record]) -> None:
    """A record that was read from the journal and then heard again is one record."""
    tape = Tape(records[:5])
    tape.append(records[4])
    tape.append(records[5])

    assert (tape.last, len(tape.records)) == (6, 6)


def test_growth_wakes_who_waits(records: list[Record]) -> None:
    """A waiter hears of the next record, and of its absence when the time is up."""

    async def wait() -> None:
        tape = Tape(records[:3])
        waiter = asyncio.create_task(tape.grown(3, 5.0))
        await asyncio.sleep(0)
        tape.append(records[3])
        assert await waiter
        assert await tape.grown(3, 0.0)
        assert not await tape.grown(4, 0.001)

    asyncio.run(wait())
