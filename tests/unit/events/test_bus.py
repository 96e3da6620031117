"""The bus: every fact once, to everybody, in order."""

from __future__ import annotations

import threading

import pytest

from lab.events import kinds as k
from lab.events.bus import EventBus
from lab.events.records import Record
from lab.kit.clock import StillClock

READY = k.AgentStarted("my-ran")
GONE = k.AgentStopped("my-ran")


def test_the_same_fact_is_recorded_once() -> None:
    """Publishing what the slot already holds records nothing."""
    bus = EventBus(StillClock())

    assert bus.publish(READY) is not None
    assert bus.publish(READY) is None
    assert len(bus.records) == 1


def test_a_fact_that_comes_back_is_recorded_again() -> None:
    """Started, stopped, started are three facts."""
    bus = EventBus(StillClock())
    for event in (READY, GONE, READY):
        bus.publish(event)

    assert [r.seq for r in bus.records] == [1, 2, 3]


def test_a_restarted_process_does_not_repeat_what_the_journal_holds() -> None:
    """A bus that continues a history knows its facts; a pull is the same whatever ancestors it lists."""
    clock = StillClock()
    first = EventBus(clock)
    first.publish(k.Pulled("my-ran", "root-sync", "u", "main", "c1", ("c1", "c0")))
    second = EventBus(clock, first.records)

    assert second.publish(k.Pulled("my-ran", "root-sync", "u", "main", "c1", ("c1",))) is None
    again = second.publish(k.Pulled("my-ran", "root-sync", "u", "main", "c2", ("c2",)))
    assert again is not None
    assert again.seq == 2


def test_a_successor_of_a_deleted_revision_is_told() -> None:
    """A draft that is deleted and made again under its name begins anew."""
    bus = EventBus(StillClock())
    draft = k.DraftCreated("r.p.w", "r", "p", "w", "init")
    for event in (draft, k.RevisionDeleted("r.p.w"), draft):
        assert bus.publish(event) is not None

    assert bus.publish(draft) is None


def test_late_readers_get_the_history() -> None:
    """`replay` tells a reader everything that was published before it came."""
    bus = EventBus(StillClock())
    bus.publish(READY)
    seen: list[Record] = []
    bus.subscribe(seen.append, replay=True)
    bus.publish(GONE)

    assert [r.event for r in seen] == [READY, GONE]


def test_a_failing_reader_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    """A reader that raises cannot hold up the publisher, and is not asked again."""
    bus = EventBus(StillClock())
    calls = []

    def fails(record: Record) -> None:
        calls.append(record)
        raise RuntimeError("no")

    bus.subscribe(fails)
    bus.publish(READY)
    bus.publish(GONE)

    assert len(calls) == 1
    assert len(bus.records) == 2
    assert "dropped" in caplog.text


def test_numbers_have_no_gaps_from_many_threads() -> None:
    """Threads that publish at once get consecutive numbers."""
    bus = EventBus(StillClock())
    threads = [threading.Thread(target=bus.publish, args=(k.AgentStarted(f"c{i}"),)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [r.seq for r in bus.records] == list(range(1, 21))
