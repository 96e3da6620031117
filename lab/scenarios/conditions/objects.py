"""Objects on a cluster, read through its own API, that look as expected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from lab.kube.client import KubeError
from lab.kube.informer import Informer
from lab.kube.paths import Kind, Object, name_of, namespace_of
from lab.scenarios.conditions.condition import Finding, News
from lab.scenarios.kinds import label
from lab.scenarios.match import differences, matches, nearest, shown
from lab.scenarios.scene import Scene

UNSERVED_PERIOD = 0.5
"""Seconds between two looks for a kind that the cluster does not serve yet."""


class Objects:
    """Objects on `cluster` that match `expected`: at least one, or as many as `count` matches."""

    def __init__(self, cluster: str, expected: Mapping[str, Any], count: Any = None) -> None:
        self._cluster = cluster
        self._expected = dict(expected)
        self._count = count
        meta = expected.get("metadata")
        self._meta = meta if isinstance(meta, Mapping) else {}

    @asynccontextmanager
    async def following(self, scene: Scene) -> AsyncIterator[News]:
        """A watch of the kind, narrowed to the object where one is named."""
        kind = await self._kind(scene)
        if kind is None:
            yield lambda within: scene.bench.clock.sleep(min(within, UNSERVED_PERIOD))
            return
        changed = asyncio.Event()

        def tell(_change: str, _obj: Object) -> None:
            changed.set()

        async def news(within: float) -> None:
            try:
                async with asyncio.timeout(within):
                    await changed.wait()
            except TimeoutError:
                pass  # nothing happened, and that is the answer
            changed.clear()

        client = scene.kube(self._cluster)
        informer = Informer(client, kind, tell, namespace=self._namespace(kind), fields=self._fields())
        watching = asyncio.create_task(informer.run())
        try:
            yield news
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def look(self, scene: Scene) -> Finding:
        """One list of the kind, matched object by object."""
        try:
            kind = await self._kind(scene)
            if kind is None:
                return self._finding([], [], f"{self._cluster} serves no kind {self._expected.get('kind')}")
            client = scene.kube(self._cluster)
            everything, _version = await client.list(kind, self._namespace(kind))
        except ConnectionError as error:
            return self._finding([], [], f"the API of {self._cluster} does not answer: {error}")
        except KubeError as error:
            return self._finding([], [], f"{self._cluster}: {error.message}")
        return self._finding([item for item in everything if matches(self._expected, item)], everything)

    def _finding(self, good: list[Object], everything: list[Object], trouble: str = "") -> Finding:
        wanted = f"{self._words()} on {self._cluster}"
        if self._count is None:
            true, expected = bool(good), wanted
            differs = [] if good else self._smallest(everything)
        else:
            true, expected = matches(self._count, len(good)), f"{shown(self._count)} × {wanted}"
            differs = [f"{len(good)} found"] + [label(item) for item in good[:3]]
        if trouble:
            true, differs = False, [trouble]
        known = self._plain("name") and any(name_of(item) == self._meta["name"] for item in everything)
        alike = [] if true or good or known else [self._described(item) for item in self._nearest(everything)]
        return Finding(true, expected, [] if true else differs, alike, good[0] if good else None)

    def _smallest(self, everything: list[Object]) -> list[str]:
        named = str(self._meta.get("name") or "")
        same = [item for item in everything if name_of(item) == named] if named else everything
        if not same:
            return ["no such object is there"]
        first = self._nearest(same)[0]
        prefix = "" if named else f"{label(first)}: "
        return [prefix + str(d) for d in differences(self._expected, first)]

    def _nearest(self, everything: list[Object]) -> list[Object]:
        found: list[Object] = nearest(self._expected, everything, label=name_of, wanted=str(self._meta.get("name", "")))
        return found

    def _described(self, item: Object) -> str:
        count = len(differences(self._expected, item))
        return f"{label(item)} ({count} difference{'' if count == 1 else 's'})"

    def _words(self) -> str:
        kind = str(self._expected.get("kind"))
        name = self._meta.get("name")
        more = {k: v for k, v in self._expected.items() if k not in ("kind", "apiVersion", "metadata")}
        rest = {k: v for k, v in self._meta.items() if k not in ("name", "namespace")}
        if rest:
            more = {"metadata": rest, **more}
        where = f" -n {self._meta['namespace']}" if isinstance(self._meta.get("namespace"), str) else ""
        return f"{kind}{'/' + shown(name) if name else ''}{where}" + (f" with {shown(more)}" if more else "")

    async def _kind(self, scene: Scene) -> Kind | None:
        word = str(self._expected.get("kind"))
        try:
            return await scene.kinds.find(
                scene.kube(self._cluster), self._cluster, word, str(self._expected.get("apiVersion", ""))
            )
        except ConnectionError:
            return None

    def _namespace(self, kind: Kind) -> str:
        return namespace_of({"metadata": self._meta}) if kind.namespaced and self._plain("namespace") else ""

    def _fields(self) -> str:
        return f"metadata.name={self._meta['name']}" if self._plain("name") else ""

    def _plain(self, key: str) -> bool:
        return isinstance(self._meta.get(key), str)
