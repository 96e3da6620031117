"""An object that was there and is no more; another of its name does not count."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from lab.kube.paths import Kind, Object, name_of, namespace_of
from lab.scenarios.conditions.condition import Finding, News
from lab.scenarios.conditions.objects import Objects
from lab.scenarios.kinds import label
from lab.scenarios.scene import Scene


class Gone:
    """The object with this very uid is no longer on the cluster."""

    def __init__(self, cluster: str, kind: Kind, obj: Object) -> None:
        self._cluster = cluster
        self._kind = kind
        self._obj = obj
        where = {"namespace": namespace_of(obj)} if namespace_of(obj) else {}
        meta = {"name": name_of(obj), **where}
        self._same = Objects(cluster, {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta})

    def following(self, scene: Scene) -> AbstractAsyncContextManager[News]:
        """A watch of the object."""
        return self._same.following(scene)

    async def look(self, scene: Scene) -> Finding:
        """Asks for the object by name and compares."""
        client = scene.kube(self._cluster)
        now = await client.get(self._kind, name_of(self._obj), namespace_of(self._obj))
        gone = now is None or now["metadata"].get("uid") != self._obj["metadata"].get("uid")
        held = (
            [] if gone or now is None else [f"held by {', '.join(now['metadata'].get('finalizers', [])) or 'nothing'}"]
        )
        return Finding(gone, f"{label(self._obj)} is gone from {self._cluster}", held)
