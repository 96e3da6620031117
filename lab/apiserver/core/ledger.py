"""The ledger: which identity, vouched for by whom, did what where. Entries are only ever added.

It proves that no management identity was ever used on a workload cluster, and who was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One kind of request that happened. `code` is the HTTP status class that answered it (2 for 2xx, 401, 403)."""

    cluster: str
    issuer: str
    identity: str
    verb: str
    resource: str
    code: int


class Ledger:
    """Distinct entries in the order of their first appearance, with how often each happened."""

    def __init__(self, sink: Callable[[LedgerEntry], None] | None = None) -> None:
        self._counts: dict[LedgerEntry, int] = {}
        self.sink = sink
        """Told of each entry on its first appearance."""

    def record(self, entry: LedgerEntry) -> None:
        """Note that this happened."""
        known = self._counts.get(entry)
        if known is None:
            self._counts[entry] = 1
            if self.sink is not None:
                self.sink(entry)
        else:
            self._counts[entry] = known + 1

    def restore(self, entries: Iterator[LedgerEntry]) -> None:
        """Take in what an earlier start recorded."""
        for entry in entries:
            self._counts.setdefault(entry, 0)

    def entries(self, cluster: str = "") -> list[LedgerEntry]:
        """All entries, or those of one cluster."""
        return [entry for entry in self._counts if not cluster or entry.cluster == cluster]

    def count(self, entry: LedgerEntry) -> int:
        """How often it happened since the start."""
        return self._counts.get(entry, 0)
