"""Watches CustomResourceDefinitions while a declared kind is unknown, so that it is tried again as soon as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lab.kube.client import KubeClient
from lab.kube.informer import Informer
from lab.kube.paths import CRD, Object
from lab.reconcile.health import Health
from lab.reconcile.readiness import assess


class DefinitionWatch:
    """Off until it is wanted; `came` is called for each definition that becomes established."""

    def __init__(self, client: KubeClient, came: Callable[[], None]) -> None:
        self._client = client
        self._came = came
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._known: set[str] | None = None

    def want(self, wanted: bool) -> None:
        """Watch from now on, or no longer."""
        if wanted:
            self._wanted.set()
            return
        self._wanted.clear()
        if self._task is not None:
            self._task.cancel()

    async def run(self) -> None:
        """Watch while it is wanted, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._wanted.wait()
                informer = Informer(self._client, CRD, self._saw)
                self._known = None
                self._task = group.create_task(self._follow(informer))
                await asyncio.wait([self._task])
                self._task = None

    async def _follow(self, informer: Informer) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(informer.run())
            await informer.synced.wait()
            self._known = {key[1] for key, obj in informer.cache.items() if _established(obj)}

    def _saw(self, change: str, obj: Object) -> None:
        if self._known is None:
            return
        name = str(obj["metadata"]["name"])
        if change == "DELETED":
            self._known.discard(name)
        elif name not in self._known and _established(obj):
            self._known.add(name)
            self._came()


def _established(obj: Object) -> bool:
    return assess(obj).health is Health.CURRENT
