"""Immutable entries in tables: the objects of a cluster as bytes, with the few facts that are asked for often."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping
from sys import intern
from typing import Any

from lab.apiserver.core.encoding import decode, encode_object

Key = tuple[str, str]
"""Namespace (empty for cluster-wide resources) and name."""

_NO_LABELS: Mapping[str, str] = {}


class Entry:
    """One version of one object. Nothing changes after construction but `applied`, a memory of idle applies."""

    __slots__ = ("applied", "labels", "owners", "raw", "rv", "uid")

    def __init__(self, raw: bytes, rv: int, uid: str, labels: Mapping[str, str], owners: tuple[str, ...]) -> None:
        self.raw = raw
        self.rv = rv
        self.uid = uid
        self.labels = labels
        self.owners = owners
        self.applied: tuple[bytes, ...] = ()
        """Digests of apply requests that are known to change nothing on this version."""

    def object(self) -> dict[str, Any]:
        """The object, parsed anew: the caller owns it."""
        return decode(self.raw)


def entry_of(obj: dict[str, Any], rv: int) -> Entry:
    """Make an entry from a complete object; sets its `metadata.resourceVersion` to `rv`."""
    metadata = obj["metadata"]
    metadata["resourceVersion"] = str(rv)
    return _entry(encode_object(obj), rv, metadata)


def entry_from_bytes(raw: bytes, rv: int) -> Entry:
    """Make an entry from stored bytes."""
    return _entry(raw, rv, decode(raw)["metadata"])


def _entry(raw: bytes, rv: int, metadata: dict[str, Any]) -> Entry:
    labels = metadata.get("labels")
    owners = metadata.get("ownerReferences")
    return Entry(
        raw,
        rv,
        metadata.get("uid", ""),
        {intern(key): intern(value) for key, value in labels.items()} if labels else _NO_LABELS,
        tuple(owner.get("uid", "") for owner in owners) if owners else (),
    )


class Table:
    """The entries of one resource, in the order of their keys when listed."""

    __slots__ = ("_names", "_sorted", "entries")

    def __init__(self, entries: dict[Key, Entry] | None = None) -> None:
        self.entries: dict[Key, Entry] = entries if entries is not None else {}
        self._names: dict[str, list[str]] | None = None
        self._sorted: list[Key] | None = None

    def fork(self) -> Table:
        """A table of its own with the same entries."""
        return Table(dict(self.entries))

    def get(self, key: Key) -> Entry | None:
        """The entry, or None."""
        return self.entries.get(key)

    def put(self, key: Key, entry: Entry) -> None:
        """Insert or replace."""
        if key not in self.entries:
            if self._names is not None:
                insort(self._names.setdefault(key[0], []), key[1])
            self._sorted = None
        self.entries[key] = entry

    def remove(self, key: Key) -> None:
        """Take an entry out; it has to be there."""
        del self.entries[key]
        self._sorted = None
        if self._names is not None:
            names = self._names[key[0]]
            names.remove(key[1])
            if not names:
                del self._names[key[0]]

    def items(self, namespace: str = "") -> list[tuple[Key, Entry]]:
        """All entries, or those of one namespace, sorted by namespace and name."""
        entries = self.entries
        if namespace:
            return [((namespace, name), entries[namespace, name]) for name in self._in_namespace(namespace)]
        if self._sorted is None:
            self._sorted = sorted(entries)
        return [(key, entries[key]) for key in self._sorted]

    def _in_namespace(self, namespace: str) -> list[str]:
        if self._names is None:
            self._names = {}
            for space, name in sorted(self.entries):
                self._names.setdefault(space, []).append(name)
        return self._names.get(namespace, [])

    def has_namespace(self, namespace: str) -> bool:
        """True if any entry lives in the namespace."""
        return bool(self._in_namespace(namespace))

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Key]:
        return iter(self.entries)


class Event:
    """One change. `new` is the entry after it (for DELETED the last state with the revision of the deletion)."""

    __slots__ = ("frames", "group_resource", "key", "new", "old", "rv", "type")

    def __init__(self, rv: int, group_resource: str, type_: str, key: Key, new: Entry, old: Entry | None) -> None:
        self.rv = rv
        self.group_resource = group_resource
        self.type = type_
        self.key = key
        self.new = new
        self.old = old
        self.frames: dict[Any, bytes] | None = None
        """Encoded watch frames by type and format: made once, however many watch."""


class EventRing:
    """The latest changes of a cluster, bounded by count, bytes and age. Revisions are contiguous: one event each.

    Source: Kubernetes, apiserver watch cache, which keeps the events of 75 seconds.
    """

    __slots__ = ("_bytes", "_events", "_max_bytes", "_max_events", "_ticks", "start")

    def __init__(self, start: int, max_events: int = 4096, max_bytes: int = 4 << 20) -> None:
        self.start = start
        """Changes after this revision are known; a watch from an earlier one has expired."""
        self._events: list[Event] = []
        self._bytes = 0
        self._ticks = (start, start)
        self._max_events = max_events
        self._max_bytes = max_bytes

    def append(self, event: Event) -> None:
        """Add the newest change; drops a quarter of the oldest when a limit is reached."""
        self._events.append(event)
        self._bytes += len(event.new.raw)
        if len(self._events) > self._max_events or self._bytes > self._max_bytes:
            self._drop(max(1, len(self._events) // 4))

    def tick(self) -> None:
        """Forget what came before the last tick but one; to be called at equal distances of about a minute."""
        forgotten, last = self._ticks
        self._ticks = (last, self.start + len(self._events))
        if forgotten > self.start:
            self._drop(forgotten - self.start)

    def _drop(self, count: int) -> None:
        for old in self._events[:count]:
            self._bytes -= len(old.new.raw)
        self.start += count
        del self._events[:count]

    def after(self, rv: int) -> list[Event]:
        """The changes with a greater revision than `rv`, oldest first; `rv` must not lie before `start`."""
        return self._events[rv - self.start :] if rv - self.start < len(self._events) else []
