"""One cluster: tables, revision, recent changes, watches and the registry of what it serves.

Single writer: everything here is synchronous, so a read, a decision and a write form one step that nothing interrupts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from lab.apiserver.core.store import Entry, Event, EventRing, Key, Table, entry_of
from lab.apiserver.core.virtual import Projection, VirtualBackend
from lab.kit.clock import Clock, timestamp

if TYPE_CHECKING:
    from lab.apiserver.core.admission import Admission
    from lab.apiserver.core.logs import LogSource
    from lab.apiserver.core.registry import Registry
    from lab.apiserver.core.resource import Resource
    from lab.apiserver.core.snapshots import Snapshots
    from lab.apiserver.core.watching import Watcher

Listener = Callable[[Event], None]


class Journal(Protocol):
    """Where changes become durable."""

    def record(self, cluster: str, event: Event) -> None:
        """Take a change in; it is durable when `flushed` returns."""
        ...

    async def flushed(self) -> None:
        """Wait until everything recorded so far is durable."""
        ...


class Cluster:
    """The state of one cluster. Create through the fleet."""

    def __init__(
        self,
        name: str,
        uid: str,
        created: str,
        clock: Clock,
        registry: Registry,
        snapshots: Snapshots,
        *,
        tables: dict[str, Table],
        rev: int,
        journal: Journal | None = None,
    ) -> None:
        self.name = name
        self.uid = uid
        self.created = created
        """RFC 3339."""
        self.clock = clock
        self.registry = registry
        self.snapshots = snapshots
        self.rev = rev
        self.ring = EventRing(rev)
        self.watchers: dict[str, dict[Watcher, None]] = {}
        self.owners: dict[str, dict[tuple[str, Key], None]] = {}
        """Dependents by the uid of their owner, as (group resource, key)."""
        self.listeners: list[Listener] = []
        """Called after each change, in order; they may change the cluster further."""
        self.guards: list[Admission] = []
        """The server's own admission functions; they come first."""
        self.admission: list[Admission] = []
        self.log_source: LogSource | None = None
        self.projections: dict[str, Projection] = {}
        self.journal = journal
        self.rbac_epoch = 0
        """Rises when a role or binding changes."""
        self._tables = tables
        self._own: set[str] = set()

    def now(self) -> str:
        """The hour in RFC 3339 with whole seconds."""
        return timestamp(self.clock.now())

    def table(self, group_resource: str) -> Table:
        """The table for reading; an empty one where nothing was ever stored."""
        found = self._tables.get(group_resource)
        return found if found is not None else Table()

    def tables(self) -> Iterator[tuple[str, Table]]:
        """All tables with their group resource."""
        return iter(list(self._tables.items()))

    def get(self, group_resource: str, key: Key) -> Entry | None:
        """The entry, or None."""
        return self.table(group_resource).get(key)

    def writable(self, group_resource: str) -> Table:
        """The table for writing: forked from the shared template on the first write."""
        if group_resource in self._own:
            return self._tables[group_resource]
        shared = self._tables.get(group_resource)
        table = shared.fork() if shared is not None else Table()
        self._tables[group_resource] = table
        self._own.add(group_resource)
        return table

    def put(self, group_resource: str, key: Key, obj: dict[str, Any]) -> Entry:
        """Store an object under the next revision and tell every watch. The object is not kept."""
        table = self.writable(group_resource)
        old = table.get(key)
        self.rev += 1
        entry = entry_of(obj, self.rev)
        table.put(key, entry)
        self._index(group_resource, key, old, entry)
        self._emit(Event(self.rev, group_resource, "ADDED" if old is None else "MODIFIED", key, entry, old))
        return entry

    def remove(self, group_resource: str, key: Key, final: dict[str, Any] | None = None) -> Entry:
        """Take an object out; returns its last state, which carries the revision of the deletion.

        `final` replaces the stored object in the DELETED event. The object has to be there.
        """
        table = self.writable(group_resource)
        old = table.entries[key]
        table.remove(key)
        self.rev += 1
        last = entry_of(final if final is not None else old.object(), self.rev)
        self._index(group_resource, key, old, None)
        self._emit(Event(self.rev, group_resource, "DELETED", key, last, old))
        return last

    def dependents(self, uid: str) -> list[tuple[str, Key]]:
        """What names this uid among its owners."""
        return list(self.owners.get(uid, ()))

    def _index(self, group_resource: str, key: Key, old: Entry | None, new: Entry | None) -> None:
        before = old.owners if old is not None else ()
        after = new.owners if new is not None else ()
        if before == after:
            return
        for uid in before:
            known = self.owners.get(uid)
            if known is not None:
                known.pop((group_resource, key), None)
                if not known:
                    del self.owners[uid]
        for uid in after:
            self.owners.setdefault(uid, {})[group_resource, key] = None

    def reindex(self) -> None:
        """Build the index of owners from the tables, after loading."""
        self.owners.clear()
        for group_resource, table in self.tables():
            for key, entry in table.entries.items():
                self._index(group_resource, key, None, entry)

    def _emit(self, event: Event) -> None:
        self.ring.append(event)
        if self.journal is not None and event.group_resource not in self.projections:
            self.journal.record(self.name, event)
        watchers = self.watchers.get(event.group_resource)
        if watchers:
            for watcher in list(watchers):
                watcher.offer(event)
            event.frames = None
        for listener in self.listeners:
            listener(event)

    def serve_virtual(self, resource: Resource, backend: VirtualBackend) -> Projection:
        """Serve a kind whose truth is elsewhere. The projection that comes back is what reads answer from."""
        projection = Projection(self, resource, backend)
        self.projections[resource.group_resource] = projection
        self.registry.add_virtual(resource)
        return projection

    def all_watchers(self) -> list[Watcher]:
        """Every open watch."""
        return [watcher for group in self.watchers.values() for watcher in group]

    def close_watches(self, group_resource: str = "") -> int:
        """End the watches of one resource, or all; clients reconnect. Returns how many there were."""
        ended = [w for w in self.all_watchers() if not group_resource or w.resource.group_resource == group_resource]
        for watcher in ended:
            watcher.finish()
        return len(ended)
