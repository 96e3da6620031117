"""Virtual resources: kinds whose truth is elsewhere, served from a projection in memory.

Source: Kubernetes, aggregated API servers; Porch serves PackageRevisions this way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from lab.apiserver.core import meta
from lab.apiserver.core.encoding import duplicate
from lab.apiserver.core.identity import UserInfo
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.store import Entry, Key

if TYPE_CHECKING:
    from lab.apiserver.core.cluster import Cluster


class VirtualBackend(Protocol):
    """Who holds the truth of a virtual resource. May raise ApiError; may await."""

    async def create(self, obj: dict[str, Any], user: UserInfo, dry_run: bool) -> dict[str, Any]:
        """Make an object; returns it as it then is."""
        ...

    async def update(
        self, obj: dict[str, Any], old: dict[str, Any], subresource: str, user: UserInfo, dry_run: bool
    ) -> dict[str, Any]:
        """Change an object from `old` to `obj` through the main path (empty) or a subresource."""
        ...

    async def delete(self, obj: dict[str, Any], user: UserInfo, dry_run: bool) -> None:
        """Delete an object."""
        ...


class Projection:
    """The objects of a virtual resource as readers see them: in memory, never persisted."""

    def __init__(self, cluster: Cluster, resource: Resource, backend: VirtualBackend) -> None:
        self.resource = resource
        self.backend = backend
        self._cluster = cluster
        self._locks: dict[Key, tuple[asyncio.Lock, int]] = {}

    def put(self, obj: dict[str, Any]) -> Entry:
        """Show an object; equal content keeps its resourceVersion and tells nobody."""
        obj = duplicate(obj)
        metadata = obj["metadata"]
        key: Key = (metadata.get("namespace", "") if self.resource.namespaced else "", metadata["name"])
        entry = self._cluster.get(self.resource.group_resource, key)
        obj.setdefault("apiVersion", self.resource.api_version)
        obj.setdefault("kind", self.resource.kind)
        if entry is None:
            metadata.setdefault("uid", meta.new_uid())
            metadata.setdefault("creationTimestamp", self._cluster.now())
            return self._cluster.put(self.resource.group_resource, key, obj)
        known = entry.object()
        metadata.setdefault("uid", entry.uid)
        metadata.setdefault("creationTimestamp", known["metadata"].get("creationTimestamp"))
        metadata["resourceVersion"] = str(entry.rv)
        if obj == known:
            return entry
        return self._cluster.put(self.resource.group_resource, key, obj)

    def remove(self, namespace: str, name: str) -> bool:
        """Show an object no more; False if it was not there."""
        if self._cluster.get(self.resource.group_resource, (namespace, name)) is None:
            return False
        self._cluster.remove(self.resource.group_resource, (namespace, name))
        return True

    def replace(self, objs: Iterable[dict[str, Any]]) -> None:
        """Show exactly these objects; what has not changed is left as it is."""
        kept = {_key_of(self.resource, self.put(obj).object()) for obj in objs}
        for namespace, name in list(self._cluster.table(self.resource.group_resource)):
            if (namespace, name) not in kept:
                self.remove(namespace, name)

    def get(self, namespace: str, name: str) -> dict[str, Any] | None:
        """The object as shown, or None."""
        entry = self._cluster.get(self.resource.group_resource, (namespace, name))
        return entry.object() if entry is not None else None

    def writing(self, key: Key) -> _Turn:
        """An async context in which no other request writes the same object through the backend."""
        return _Turn(self._locks, key)


def _key_of(resource: Resource, obj: dict[str, Any]) -> Key:
    return (obj["metadata"].get("namespace", "") if resource.namespaced else "", obj["metadata"]["name"])


class _Turn:
    """A lock per key that exists only while someone holds or awaits it."""

    def __init__(self, locks: dict[Key, tuple[asyncio.Lock, int]], key: Key) -> None:
        self._locks = locks
        self._key = key

    async def __aenter__(self) -> None:
        lock, users = self._locks.get(self._key) or (asyncio.Lock(), 0)
        self._locks[self._key] = (lock, users + 1)
        try:
            # A transport may begin a request outside of a task; with its first wait it gets one, and backends need it.
            await asyncio.sleep(0)
            await lock.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._locks[self._key][0].release()
        self._leave()

    def _leave(self) -> None:
        lock, users = self._locks[self._key]
        if users == 1:
            del self._locks[self._key]
        else:
            self._locks[self._key] = (lock, users - 1)
