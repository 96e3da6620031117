"""What the API server needs of a database: to record changes in groups, and to give back what was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from lab.apiserver.core.ledger import LedgerEntry
from lab.apiserver.core.store import Event, Key


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object, or (with `raw` None) the absence of one that the template has."""

    group_resource: str
    key: Key
    rv: int
    raw: bytes | None


@dataclass(slots=True)
class StoredCluster:
    """One cluster as it was recorded. `created` is RFC 3339."""

    name: str
    uid: str
    created: str
    rev: int
    objects: list[StoredObject] = field(default_factory=list)


class Persistence(Protocol):
    """Keeps clusters between starts. `lab.apiserver.persist.sqlite` implements it."""

    def open(self) -> list[StoredCluster]:
        """Open or create the database; returns what it holds. Raises LabError LAB031 where it is damaged."""
        ...

    def born(self) -> str | None:
        """The time of the first start in RFC 3339, or None on the first start itself."""
        ...

    def set_born(self, created: str) -> None:
        """Keep the time of the first start."""
        ...

    def add_cluster(self, name: str, uid: str, created: str, rev: int) -> None:
        """Keep a new cluster."""
        ...

    def remove_cluster(self, name: str) -> None:
        """Forget a cluster and its objects."""
        ...

    def record(self, cluster: str, event: Event) -> None:
        """Take a change in; durable when `flushed` returns."""
        ...

    def record_ledger(self, entry: LedgerEntry) -> None:
        """Take an entry of the ledger in."""
        ...

    def ledger(self) -> Iterable[LedgerEntry]:
        """The entries of earlier starts."""
        ...

    async def flushed(self) -> None:
        """Wait until everything recorded so far is durable."""
        ...

    def close(self) -> None:
        """Write what is left and close."""
        ...
