"""Watches: a filter and a format over the stream of a cluster's changes, pushed into a sink.

Source: Kubernetes, API concepts, efficient detection of changes; an object that stops matching is shown as DELETED.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.apiserver.core.encoding import encode, encode_object
from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.field_selectors import FieldSelector
from lab.apiserver.core.label_selectors import LabelSelector
from lab.apiserver.core.request import Sink
from lab.apiserver.core.store import Entry, Event, Key

if TYPE_CHECKING:
    from lab.apiserver.core.cluster import Cluster
    from lab.apiserver.core.rendering import Rendering
    from lab.apiserver.core.resource import Resource

INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class Matcher:
    """Which objects a list or watch is about."""

    __slots__ = ("_always", "fields", "labels", "name", "namespace")

    def __init__(self, namespace: str, labels: LabelSelector, fields: FieldSelector) -> None:
        self.namespace = namespace
        self.labels = labels
        self.fields = fields
        self._always = not namespace and not labels and not fields
        self.name = fields.name

    def matches(self, key: Key, entry: Entry) -> bool:
        """True if the object in this version is meant."""
        if self._always:
            return True
        if self.namespace and key[0] != self.namespace:
            return False
        if self.name is not None and key[1] != self.name:
            return False
        if self.labels and not self.labels.matches(entry.labels):
            return False
        if not self.fields:
            return True
        if self.fields.only_metadata:
            return self.fields.matches({"metadata": {"namespace": key[0], "name": key[1]}})
        return self.fields.matches(entry.object())


class Watcher:
    """One watch of one resource; a `WatchHandle` for transports."""

    status = 200
    warnings: tuple[str, ...] = ()

    def __init__(self, cluster: Cluster, resource: Resource, matcher: Matcher, rendering: Rendering) -> None:
        self.cluster = cluster
        self.resource = resource
        self.content_type = rendering.watch_content_type
        self.bookmarks = False
        self.start_at: int | None = None
        """The revision to continue from; None begins with the present objects."""
        self.initial_events_end = False
        self.deadline: float = 0.0
        """When the server ends the watch, on the cluster's clock."""
        self._matcher = matcher
        self._rendering = rendering
        self._sink: Sink | None = None
        self._closed = False
        self._columns_told = False
        self._told = 0
        """The latest revision that the client has seen, so that idle bookmarks are not repeated."""
        self.on_close: Callable[[], None] | None = None

    def start(self, sink: Sink) -> None:
        """Replay what the client asked for, then follow. Nothing is lost between the two: no step awaits."""
        self._sink = sink
        self.cluster.watchers.setdefault(self.resource.group_resource, {})[self] = None
        if self.start_at is None:
            self._replay_present()
        elif self.start_at < self.cluster.ring.start:
            self.fail(expired(self.start_at, self.cluster.ring.start))
        else:
            self._told = self.start_at
            for event in self.cluster.ring.after(self.start_at):
                if event.group_resource == self.resource.group_resource:
                    self.offer(event)

    def _replay_present(self) -> None:
        now = self.cluster.rev
        for key, entry in self.cluster.table(self.resource.group_resource).items(self._matcher.namespace):
            if self._matcher.matches(key, entry):
                self._send(self._rendering.watch_frame("ADDED", entry, columns=self._first_of_tables()))
        self._told = now
        if self.initial_events_end:
            self._bookmark({INITIAL_EVENTS_END: "true"})

    def offer(self, event: Event) -> None:
        """Show a change if it concerns this watch."""
        if self._closed or (self._matcher.namespace and event.key[0] != self._matcher.namespace):
            return
        kind = self._type_for(event)
        if kind is None:
            return
        self._told = event.rv
        columns = self._first_of_tables()
        frame_key = (kind, columns, self._rendering.frame_key)
        frames = event.frames
        if frames is None:
            frames = event.frames = {}
        frame = frames.get(frame_key)
        if frame is None:
            frame = frames[frame_key] = self._rendering.watch_frame(kind, _shown(kind, event), columns=columns)
        self._send(frame)

    def _first_of_tables(self) -> bool:
        """True for every event of other forms, and for the first Table."""
        first = not self._columns_told
        self._columns_told = self._rendering.wanted.view == "Table"
        return first

    def _type_for(self, event: Event) -> str | None:
        after = event.type != "DELETED" and self._matcher.matches(event.key, event.new)
        before = event.old is not None and self._matcher.matches(event.key, event.old)
        if after:
            return "MODIFIED" if before else "ADDED"
        return "DELETED" if before else None

    def bookmark(self) -> None:
        """Tell the client how far it is, if it asked for that and does not know."""
        if self.bookmarks and not self._closed and self._sink is not None and self._told < self.cluster.rev:
            self._told = self.cluster.rev
            self._bookmark({})

    def _bookmark(self, annotations: dict[str, str]) -> None:
        self._send(self._rendering.bookmark(self.cluster.rev, annotations))

    def fail(self, error: ApiError) -> None:
        """Send an ERROR event and end."""
        self._send(encode({"type": "ERROR", "object": error.status()}) + b"\n")
        self.finish()

    def finish(self) -> None:
        """End the stream from the server's side."""
        sink = self._sink
        if not self._closed and sink is not None:
            self.close()
            sink.end()

    def _send(self, frame: bytes) -> None:
        sink = self._sink
        if not self._closed and sink is not None and not sink.write(frame):
            self.close()

    def close(self) -> None:
        """Forget this watch."""
        if self._closed:
            return
        self._closed = True
        watchers = self.cluster.watchers.get(self.resource.group_resource)
        if watchers is not None:
            watchers.pop(self, None)
            if not watchers:
                del self.cluster.watchers[self.resource.group_resource]
        if self.on_close is not None:
            self.on_close()


def _shown(kind: str, event: Event) -> Entry:
    """The object of an event: one that left the selection is shown as it last was, at the new revision."""
    if kind != "DELETED" or event.type == "DELETED" or event.old is None:
        return event.new
    obj = event.old.object()
    obj["metadata"]["resourceVersion"] = str(event.rv)
    return Entry(encode_object(obj), event.rv, event.old.uid, event.old.labels, event.old.owners)


def expired(requested: int, oldest: int) -> ApiError:
    """410 for a revision whose changes are no longer known."""
    return ApiError(410, "Expired", f"too old resource version: {requested} ({oldest})")
