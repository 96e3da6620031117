"""A kind kept up to date in memory: list, watch, and list again when the watch is lost.

The rules are client-go's: events of one object come in order, a lost watch is followed by a list whose difference
is told as events, and a silent server is asked again with growing waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import Kind, Object, name_of, namespace_of

Key = tuple[str, str]
Handler = Callable[[str, Object], None]

FIRST_WAIT = 0.2
LONGEST_WAIT = 30.0


class Informer:
    """`cache` maps (namespace, name) to the newest object; `handler` is told every change.

    Changes are `ADDED`, `MODIFIED`, `DELETED`. `synced` is set after the first list. `absent_ok` keeps asking quietly
    when the kind is not served yet (its CustomResourceDefinition may come later).
    """

    def __init__(
        self,
        client: KubeClient,
        kind: Kind,
        handler: Handler,
        *,
        namespace: str = "",
        labels: str = "",
        fields: str = "",
    ) -> None:
        self._client = client
        self._kind = kind
        self._handler = handler
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self.cache: dict[Key, Object] = {}
        self.synced = asyncio.Event()

    async def run(self) -> None:
        """Keep the cache until cancelled."""
        wait = FIRST_WAIT
        while True:
            try:
                version = await self._list()
                if version:
                    wait = FIRST_WAIT
                    await self._follow(version)
                    continue
            except KubeError as error:
                if error.code == 410:
                    continue
            except (ConnectionError, TimeoutError):
                pass  # the server is away: asked again below
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _list(self) -> str:
        items, version = await self._client.list(self._kind, self._namespace, labels=self._labels, fields=self._fields)
        found = {(namespace_of(item), name_of(item)): item for item in items}
        for key in [key for key in self.cache if key not in found]:
            self._tell("DELETED", key, self.cache.pop(key))
        for key, item in found.items():
            known = self.cache.get(key)
            self.cache[key] = item
            if known is None:
                self._tell("ADDED", key, item)
            elif _version(known) != _version(item):
                self._tell("MODIFIED", key, item)
        self.synced.set()
        return version

    async def _follow(self, version: str) -> None:
        watching = self._client.watch(
            self._kind,
            self._namespace,
            version=version,
            labels=self._labels,
            fields=self._fields,
        )
        async with watching as events:
            async for change, item in events:
                if change == "BOOKMARK":
                    continue
                key = (namespace_of(item), name_of(item))
                if change == "DELETED":
                    self.cache.pop(key, None)
                else:
                    change = "MODIFIED" if key in self.cache else "ADDED"
                    self.cache[key] = item
                self._tell(change, key, item)

    def _tell(self, change: str, _key: Key, item: Object) -> None:
        self._handler(change, item)


def _version(obj: Mapping[str, object]) -> object:
    meta = obj.get("metadata")
    return meta.get("resourceVersion") if isinstance(meta, Mapping) else None
