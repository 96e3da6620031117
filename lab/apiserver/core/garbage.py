"""Garbage collection: dependents go with their owners, in the background, in the foreground, or stay as orphans.

Source: Kubernetes, garbage collection; garbagecollector attemptToDeleteItem and attemptToOrphan.
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.deletion import FOREGROUND, ORPHAN, request_deletion
from lab.apiserver.core.later import Delays, Later
from lab.apiserver.core.store import Event, Key
from lab.apiserver.core.tracking import put_tracked
from lab.apiserver.core.writing import may_vanish

Place = tuple[str, Key]


class GarbageCollector:
    """Watches one cluster."""

    def __init__(self, cluster: Cluster, later: Later, delays: Delays) -> None:
        self._cluster = cluster
        self._later = later
        self._delay = delays.collection
        self._due: set[Place] = set()
        cluster.listeners.append(self.note)

    def note(self, event: Event) -> None:
        """Look at a change."""
        if event.type == "DELETED":
            for place in self._cluster.dependents(event.new.uid):
                self._schedule(place)
            for uid in event.new.owners:
                self._recheck_owner(event, uid)
        elif event.new.owners and (event.old is None or event.old.owners != event.new.owners):
            self._schedule((event.group_resource, event.key))
        if event.type != "DELETED" and b'"finalizers"' in event.new.raw and b'"deletionTimestamp"' in event.new.raw:
            self._schedule((event.group_resource, event.key))

    def _recheck_owner(self, event: Event, uid: str) -> None:
        """A dependent is gone: an owner that waits for its dependents may go now."""
        for reference in event.new.object()["metadata"].get("ownerReferences") or ():
            if reference.get("uid") == uid:
                place = self._find(reference, event.key[0])
                if place is not None:
                    self._schedule(place)

    def resume(self) -> None:
        """Look at everything that has owners or waits for its end, after a start."""
        for group_resource, table in self._cluster.tables():
            for key, entry in table.entries.items():
                if entry.owners or b'"deletionTimestamp"' in entry.raw:
                    self._schedule((group_resource, key))

    def _schedule(self, place: Place) -> None:
        if place not in self._due:
            self._due.add(place)
            self._later.after(self._delay, lambda: self._process(place))

    def _process(self, place: Place) -> None:
        self._due.discard(place)
        group_resource, key = place
        entry = self._cluster.get(group_resource, key)
        if entry is None or group_resource in self._cluster.projections:
            return
        obj = entry.object()
        if obj["metadata"].get("deletionTimestamp"):
            self._finish(place, obj)
        elif entry.owners:
            self._attempt(place, obj)

    def _finish(self, place: Place, obj: dict[str, Any]) -> None:
        """Do what the finalizers of the propagation policy ask of an object that is being deleted."""
        finalizers = obj["metadata"].get("finalizers") or []
        uid = obj["metadata"]["uid"]
        if ORPHAN in finalizers:
            for dependent in self._cluster.dependents(uid):
                self._drop_references(dependent, {uid})
            self._drop_finalizer(place, ORPHAN)
        elif FOREGROUND in finalizers:
            blocking = False
            for dependent in self._cluster.dependents(uid):
                blocking = self._delete_for(dependent, uid) or blocking
            if not blocking:
                self._drop_finalizer(place, FOREGROUND)

    def _delete_for(self, dependent: Place, uid: str) -> bool:
        """Delete a dependent of an owner that waits; True if it blocks the owner's end."""
        entry = self._cluster.get(*dependent)
        if entry is None:
            return False
        obj = entry.object()
        references = obj["metadata"].get("ownerReferences") or []
        blocks = any(r.get("uid") == uid and r.get("blockOwnerDeletion") for r in references)
        if not obj["metadata"].get("deletionTimestamp"):
            self._attempt(dependent, obj)
        return blocks and self._cluster.get(*dependent) is not None

    def _attempt(self, place: Place, obj: dict[str, Any]) -> None:
        """Delete an object whose owners are all gone or going; where some live, only the others' references go."""
        solid: set[str] = set()
        dangling: set[str] = set()
        waiting: set[str] = set()
        for reference in obj["metadata"].get("ownerReferences") or ():
            self._classify(reference, place[1][0], solid, dangling, waiting)
        if solid:
            if dangling or waiting:
                self._drop_references(place, dangling | waiting)
            return
        if not dangling and not waiting:
            return
        resource = self._cluster.registry.of_group_resource(place[0])
        if resource is None:
            return
        deep = waiting and self._cluster.dependents(obj["metadata"]["uid"])
        finalizers = obj["metadata"].get("finalizers") or []
        policy = (
            "Orphan" if ORPHAN in finalizers else "Foreground" if deep or FOREGROUND in finalizers else "Background"
        )
        request_deletion(self._cluster, resource, place[1], policy)

    def _classify(
        self, reference: dict[str, Any], namespace: str, solid: set[str], dangling: set[str], waiting: set[str]
    ) -> None:
        uid = reference.get("uid", "")
        place = self._find(reference, namespace)
        if place is None:
            solid.add(uid)  # An owner of a kind that is not served may exist all the same: never collect for it.
            return
        entry = self._cluster.get(*place)
        if entry is None or entry.uid != uid:
            dangling.add(uid)
            return
        metadata = entry.object()["metadata"]
        if metadata.get("deletionTimestamp") and FOREGROUND in (metadata.get("finalizers") or []):
            waiting.add(uid)
        else:
            solid.add(uid)

    def _find(self, reference: dict[str, Any], namespace: str) -> Place | None:
        group = str(reference.get("apiVersion", "")).rpartition("/")[0]
        resource = self._cluster.registry.of_kind(group, reference.get("kind", ""))
        if resource is None:
            return None
        return resource.group_resource, (namespace if resource.namespaced else "", reference.get("name", ""))

    def _drop_references(self, place: Place, uids: set[str]) -> None:
        entry = self._cluster.get(*place)
        if entry is None or place[0] in self._cluster.projections:
            return
        obj = entry.object()
        kept = [r for r in obj["metadata"].get("ownerReferences") or () if r.get("uid") not in uids]
        if kept:
            obj["metadata"]["ownerReferences"] = kept
        else:
            obj["metadata"].pop("ownerReferences", None)
        put_tracked(self._cluster, *place, obj)

    def _drop_finalizer(self, place: Place, name: str) -> None:
        entry = self._cluster.get(*place)
        resource = self._cluster.registry.of_group_resource(place[0])
        if entry is None or resource is None:
            return
        obj = entry.object()
        kept = [f for f in obj["metadata"].get("finalizers") or () if f != name]
        if kept:
            obj["metadata"]["finalizers"] = kept
        else:
            obj["metadata"].pop("finalizers", None)
        if may_vanish(resource, obj):
            self._cluster.remove(*place, obj)
        else:
            self._cluster.put(*place, obj)
