"""Clocks tell an aware hour, and times are written as Kubernetes writes them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

from lab.kit.clock import VIRTUAL_EPOCH, StillClock, SystemClock, timestamp, timestamp_micros


def test_a_still_clock_moves_when_told() -> None:
    """Advancing moves hour and seconds alike; sleeping advances."""
    clock = StillClock()
    clock.advance(90)
    asyncio.run(clock.sleep(10))

    assert clock.now() == VIRTUAL_EPOCH + timedelta(seconds=100)
    assert clock.time() == 100


def test_the_system_clock_is_aware() -> None:
    """The hour is in UTC."""
    assert SystemClock().now().tzinfo is UTC


def test_times_are_written_as_kubernetes_does() -> None:
    """Whole seconds with Z, from any zone; microseconds for MicroTime."""
    moment = datetime(2030, 1, 1, 14, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))

    assert timestamp(moment) == "2030-01-01T12:00:00Z"
    assert timestamp_micros(moment) == "2030-01-01T12:00:00.000005Z"
