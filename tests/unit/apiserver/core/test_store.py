"""How long changes are remembered."""

from __future__ import annotations

from lab.apiserver.core.store import Entry, Event, EventRing


def change(rv: int) -> Event:
    """A change with this revision."""
    return Event(rv, "things", "ADDED", ("", str(rv)), Entry(b"{}", rv, "", {}, ()), None)


def test_changes_outlive_two_ticks_and_no_third() -> None:
    """What came before the last tick but one is forgotten; a watch from there has to list again."""
    ring = EventRing(10)
    ring.append(change(11))
    ring.tick()
    ring.append(change(12))
    ring.tick()
    assert (ring.start, [event.rv for event in ring.after(10)]) == (10, [11, 12])
    ring.tick()
    assert (ring.start, [event.rv for event in ring.after(11)]) == (11, [12])
    ring.tick()
    assert (ring.start, ring.after(12)) == (12, [])


def test_a_tick_forgets_nothing_twice() -> None:
    """Limits of count and ticks go together."""
    ring = EventRing(0, max_events=4)
    for rv in range(1, 4):
        ring.append(change(rv))
    ring.tick()
    for rv in range(4, 9):
        ring.append(change(rv))
    for _ in range(2):
        ring.tick()
    assert [event.rv for event in ring.after(ring.start)] == list(range(ring.start + 1, 9))
