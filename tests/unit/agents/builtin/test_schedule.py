"""When things are due."""

from __future__ import annotations

import pytest

from lab.agents.builtin.schedule import Schedule
from lab.kit.clock import StillClock


def test_first_poll_is_at_once_and_the_second_is_spread() -> None:
    """No agent waits before its first look; only the second one is brought forward, by a share of the period."""
    clock = StillClock()
    early, late = Schedule(clock, 15.0, 0.0), Schedule(clock, 15.0, 1.0)
    assert [early.wait, late.wait] == [0.0, 0.0]
    early.polled(), late.polled()
    assert [early.wait, late.wait] == [3.0, 15.0]
    clock.advance(3)
    early.polled()
    assert early.wait == 15.0


def test_retries_double_and_end() -> None:
    """Twelve retries after 1, 2, 4 … seconds; then only the hourly sync, or a new commit, tries again."""
    clock = StillClock()
    schedule = Schedule(clock, 1e9, 1.0)
    schedule.polled()
    waits = []
    while (retry := schedule.failed()) is not None:
        waits.append(retry)
        assert not schedule.sync_due
        clock.advance(retry[1])
        assert schedule.sync_due
    assert [(number + 1, 2.0**number) for number in range(12)] == waits
    assert not schedule.sync_due
    assert schedule.wait == 3600.0
    schedule.restart_retries()
    assert schedule.sync_due
    assert schedule.failed() == (1, 1.0)


def test_success_ends_retries_and_an_hour_later_everything_is_applied_again() -> None:
    """A clean sync needs no retry; after an hour one more full sync is due."""
    clock = StillClock()
    schedule = Schedule(clock, 15.0, 1.0)
    schedule.failed()
    schedule.succeeded()
    clock.advance(3599)
    assert not schedule.sync_due
    clock.advance(1)
    assert schedule.sync_due


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_poll_is_never_late(spread: float) -> None:
    """However agents are spread, two looks are never further apart than the period."""
    clock = StillClock()
    schedule = Schedule(clock, 15.0, spread)
    for _ in range(3):
        schedule.polled()
        assert schedule.wait <= 15.0
        clock.advance(schedule.wait)
