"""The life of CustomResourceDefinitions: names accepted, established, served; instances deleted before the end.

Source: Kubernetes, apiextensions-apiserver, naming, establishing and finalizing controllers.
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core import crd
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.deletion import request_deletion
from lab.apiserver.core.later import Delays, Later
from lab.apiserver.core.store import Entry, Event
from lab.apiserver.core.tracking import API_SERVER, put_tracked


class DefinitionController:
    """Watches one cluster and keeps its registry."""

    def __init__(self, cluster: Cluster, later: Later, delays: Delays) -> None:
        self._cluster = cluster
        self._later = later
        self._delays = delays
        cluster.listeners.append(self.note)

    def note(self, event: Event) -> None:
        """Look at a change of a definition, or at the end of an instance whose definition is ending."""
        if event.group_resource != crd.GROUP_RESOURCE:
            if event.type == "DELETED" and "." in event.group_resource:
                self._finish_if_empty(event.group_resource)
            return
        name = event.key[1]
        if event.type == "DELETED":
            self._cluster.registry.remove_custom(name)
            self._cluster.registry.ending.discard(name)
            self._cluster.close_watches(name)
            return
        self._look(name, event.new)

    def resume(self) -> None:
        """Serve what was established and go on with the rest, after a start."""
        for (_, name), entry in self._cluster.table(crd.GROUP_RESOURCE).items():
            self._look(name, entry)

    def _look(self, name: str, entry: Entry) -> None:
        obj = entry.object()
        if crd.is_true(obj, "Established"):
            self._cluster.registry.set_custom(name, crd.resources_of(obj))
        if obj["metadata"].get("deletionTimestamp"):
            self._cluster.registry.ending.add(name)
            self._later.after(self._delays.collection, lambda: self._empty(name))
        elif not crd.is_true(obj, "NamesAccepted"):
            self._later.after(0.0, lambda: self._accept(name))
        elif not crd.is_true(obj, "Established"):
            self._later.after(self._delays.established, lambda: self._establish(name))
        elif (obj.get("status") or {}).get("acceptedNames") != obj["spec"]["names"]:
            self._later.after(0.0, lambda: self._accept(name))

    def _definition(self, name: str) -> dict[str, Any] | None:
        entry = self._cluster.get(crd.GROUP_RESOURCE, ("", name))
        return entry.object() if entry is not None else None

    def _accept(self, name: str) -> None:
        obj = self._definition(name)
        if obj is None:
            return
        if crd.accept_names(obj, *self._taken(obj), self._cluster.now()):
            self._put_status(name, obj)

    def _taken(self, obj: dict[str, Any]) -> tuple[set[str], set[str]]:
        """The words and the kinds that other definitions of the group hold."""
        group = obj["spec"]["group"]
        taken: set[str] = set()
        kinds: set[str] = set()
        for other in self._cluster.registry.resources():
            if other.group == group and f"{other.plural}.{other.group}" != obj["metadata"]["name"]:
                taken |= {other.plural, other.singular, *other.short_names}
                kinds |= {other.kind, other.list_kind}
        return taken, kinds

    def _establish(self, name: str) -> None:
        obj = self._definition(name)
        if obj is None or crd.is_true(obj, "Established") or not crd.is_true(obj, "NamesAccepted"):
            return
        crd.establish(obj, self._cluster.now())
        self._put_status(name, obj)

    def _put_status(self, name: str, obj: dict[str, Any]) -> None:
        put_tracked(self._cluster, crd.GROUP_RESOURCE, ("", name), obj, manager=API_SERVER, subresource="status")

    def _empty(self, name: str) -> None:
        """Delete the instances of a definition that is ending."""
        obj = self._definition(name)
        if obj is None or crd.CLEANUP not in (obj["metadata"].get("finalizers") or ()):
            return
        resource = self._cluster.registry.of_group_resource(name)
        if resource is not None:
            for key in sorted(self._cluster.table(name)):
                if self._cluster.get(name, key) is not None:
                    request_deletion(self._cluster, resource, key, "Background")
        self._finish_if_empty(name)

    def _finish_if_empty(self, name: str) -> None:
        obj = self._definition(name)
        if obj is None or not obj["metadata"].get("deletionTimestamp") or len(self._cluster.table(name)):
            return
        kept = [f for f in obj["metadata"].get("finalizers") or () if f != crd.CLEANUP]
        if kept == obj["metadata"].get("finalizers"):
            return
        if kept:
            obj["metadata"]["finalizers"] = kept
            self._cluster.put(crd.GROUP_RESOURCE, ("", name), obj)
        else:
            del obj["metadata"]["finalizers"]
            self._cluster.remove(crd.GROUP_RESOURCE, ("", name), obj)
