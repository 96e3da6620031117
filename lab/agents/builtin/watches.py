"""Watches on the kinds that one RootSync declares, filtered to its own objects; nothing is kept but versions.

Source: Config Sync, filtered watches; client-go, reflector (list, watch, and list again when the watch is lost).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import Kind, Object
from lab.reconcile.identity import Identity, identity_of
from lab.reconcile.metadata import PART_OF

FIRST_WAIT = 0.2
LONGEST_WAIT = 30.0

Seen = Callable[[str, Identity, Object], None]
"""Told of every change: `ADDED`, `MODIFIED` or `DELETED`, the identity and the newest object known."""


class Watches:
    """One watch per kind; create it, `run` it, and tell it with `want` which kinds are declared."""

    def __init__(self, client: KubeClient, part_of: str, seen: Seen, log: logging.Logger) -> None:
        self._client = client
        self._labels = f"{PART_OF}={part_of}"
        self._seen = seen
        self._log = log
        self._group: asyncio.TaskGroup | None = None
        self._wanted: frozenset[Kind] = frozenset()
        self._expected: frozenset[Identity] = frozenset()
        self._tasks: dict[Kind, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Hold the watches until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._adjust()
            try:
                await asyncio.Event().wait()
            finally:
                self._group = None

    def want(self, kinds: Collection[Kind], expected: Collection[Identity] = ()) -> None:
        """Watch exactly these kinds from now on.

        `expected` are objects that were just applied: one that a new watch does not find is told as deleted, for it
        may have gone, or become another's, before the watch began.
        """
        self._wanted = frozenset(kinds)
        self._expected = frozenset(expected)
        self._adjust()

    def _adjust(self) -> None:
        if self._group is None:
            return
        for kind in [kind for kind in self._tasks if kind not in self._wanted]:
            self._tasks.pop(kind).cancel()
        for kind in self._wanted:
            if kind not in self._tasks:
                self._tasks[kind] = self._group.create_task(self._keep(kind))

    async def _keep(self, kind: Kind) -> None:
        known = {who: "" for who in self._expected if (who.group, who.kind) == (kind.group, kind.kind)}
        wait = FIRST_WAIT
        while True:
            try:
                version = await self._list(kind, known)
                if version:
                    wait = FIRST_WAIT
                    await self._follow(kind, version, known)
                    continue
            except KubeError as error:
                if error.code == 410:
                    continue
                self._log.warning("cannot watch %s: %s", kind.plural, error.message)
            except (ConnectionError, TimeoutError) as error:
                self._log.warning("the watch of %s was lost: %s", kind.plural, error)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _list(self, kind: Kind, known: dict[Identity, str]) -> str:
        items, version = await self._client.list(kind, labels=self._labels)
        found = {identity_of(item): item for item in items}
        for identity in [identity for identity in known if identity not in found]:
            del known[identity]
            self._seen("DELETED", identity, {})
        for identity, item in found.items():
            if known.get(identity) != _version(item):
                self._note("MODIFIED" if identity in known else "ADDED", identity, item, known)
        return version

    async def _follow(self, kind: Kind, version: str, known: dict[Identity, str]) -> None:
        async with self._client.watch(kind, version=version, labels=self._labels) as events:
            async for change, item in events:
                if change != "BOOKMARK":
                    item = {"apiVersion": kind.api_version, "kind": kind.kind, **item}
                    self._note(change, identity_of(item), item, known)

    def _note(self, change: str, identity: Identity, item: Object, known: dict[Identity, str]) -> None:
        if change == "DELETED":
            known.pop(identity, None)
        else:
            known[identity] = _version(item)
        self._seen(change, identity, item)


def _version(item: Object) -> str:
    return str((item.get("metadata") or {}).get("resourceVersion") or "")
