"""Why nothing happens where nothing failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.events import kinds as k
from lab.events.board import board_of
from lab.events.records import Record
from lab.web.silences import silence

Make = Callable[..., list[Record]]


def code_after(records: list[Record]) -> str:
    """The code of the only trail's silence, or nothing."""
    board = board_of(records)
    hush = silence(board, board.trails[0])
    return hush.code if hush else ""


@pytest.mark.parametrize(
    ("count", "more", "code"),
    [
        (5, (), ""),
        (6, (), "LAB501"),
        (7, (), "LAB501"),
        (9, (), "LAB701"),
        (10, (), "LAB705"),
        (10, (k.AgentStopped("my-ran"),), "LAB703"),
        (11, (), ""),
        (11, (k.PullFailed("my-ran", "root-sync", "u", "LAB702", "KNV2004", "no"),), ""),
        (14, (), ""),
    ],
)
def test_each_silence_has_its_code(
    road: tuple[k.Event, ...], make_records: Make, count: int, more: tuple[k.Event, ...], code: str
) -> None:
    """Nobody approved, no agent, an agent that is stopped, no RootSync; what goes on by itself is no silence."""
    assert code_after(make_records(*road[:count], *more)) == code
