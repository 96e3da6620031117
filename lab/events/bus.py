"""The one stream: publishing never blocks, late readers get the history, a fact is recorded once.

A reader that fails is dropped and noted; it can never hold up the part that published.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from lab.events.kinds import Event, Pulled, Slot
from lab.events.records import Record
from lab.kit.clock import Clock

log = logging.getLogger(__name__)

Reader = Callable[[Record], None]


class EventBus:
    """Publish from any thread; `history` continues a journal that was read before."""

    def __init__(self, clock: Clock, history: Iterable[Record] = ()) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._records = list(history)
        self._latest: dict[Slot, Event] = {}
        self._readers: list[Reader] = []
        for record in self._records:
            self._remember(record.event)

    @property
    def records(self) -> tuple[Record, ...]:
        """Everything published so far, oldest first."""
        with self._lock:
            return tuple(self._records)

    def publish(self, event: Event) -> Record | None:
        """Record the fact and hand it to every reader; None when its slot already holds the same fact."""
        with self._lock:
            slot = event.slot()
            if slot is not None and _same(self._latest.get(slot), event):
                return None
            seq = self._records[-1].seq + 1 if self._records else 1
            record = Record(seq, self._clock.now(), event)
            self._records.append(record)
            self._remember(event)
            for reader in tuple(self._readers):
                self._tell(reader, record)
        return record

    def subscribe(self, reader: Reader, *, replay: bool = False) -> Callable[[], None]:
        """Call `reader` for each record from now on, after the whole history with `replay`; returns the way to stop."""
        with self._lock:
            if replay:
                for record in self._records:
                    reader(record)
            self._readers.append(reader)

        def stop() -> None:
            with self._lock:
                if reader in self._readers:
                    self._readers.remove(reader)

        return stop

    def _remember(self, event: Event) -> None:
        for over in event.clears():
            self._latest.pop(over, None)
        slot = event.slot()
        if slot is not None:
            self._latest[slot] = event

    def _tell(self, reader: Reader, record: Record) -> None:
        try:
            reader(record)
        except Exception:
            log.exception("a reader of events failed and is dropped")
            self._readers.remove(reader)


def _same(known: Event | None, event: Event) -> bool:
    # After a restart an agent tells the same commit with another list of ancestors: no new fact.
    if isinstance(known, Pulled) and isinstance(event, Pulled):
        return replace(known, commits=()) == replace(event, commits=())
    return known == event
