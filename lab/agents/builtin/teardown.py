"""What happens to managed objects when their RootSync goes: deleted with it, or left and released.

Source: Config Sync, deletion propagation. The finalizer is held only where deletion is asked for, so that an agent that
is gone never keeps a RootSync from being deleted that deletes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from lab.agents.builtin.discovery import Discovery
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import RESOURCE_GROUP, Kind, Object
from lab.reconcile.identity import Identity
from lab.reconcile.inventory import inventory_of
from lab.reconcile.metadata import SYSTEM_NAMESPACE, Mark, manager_of, unmarking
from lab.reconcile.order import removal
from lab.reconcile.plan import Action, plan

LOOK = 0.2
LONGEST_LOOK = 2.0


class Teardown:
    """Removes or releases everything that one RootSync's inventory remembers."""

    def __init__(self, client: KubeClient, root_sync: str, mark: Mark, log: logging.Logger) -> None:
        self._client = client
        self._discovery = Discovery(client)
        self._name = root_sync
        self._mark = mark
        self._log = log

    async def delete_all(self) -> None:
        """Delete what is ours, in reverse order, and wait until it is gone. Raises KubeError."""
        remembered = await self._remembered()
        live: dict[Identity, Object] = {}
        for who in remembered:
            found = await self._get(who)
            if found is not None:
                live[who] = found[1]
        # Without anything declared the plan is to remove all; the guard against that is not meant here.
        changes = [change for who in removal(live) for change in self._planned(who, live)]
        for action, who in changes:
            await self._remove(who, live[who], action)
        await self._wait_until_gone([who for action, who in changes if action is Action.DELETE])
        await self._forget()

    async def release_all(self) -> None:
        """Take our mark off what is ours and leave it. Raises KubeError."""
        for who in await self._remembered():
            found = await self._get(who)
            if found is not None and manager_of(found[1]) == self._mark.manager:
                await self._release(found[0], who, found[1])
        await self._forget()

    def _planned(self, who: Identity, live: dict[Identity, Object]) -> list[tuple[Action, Identity]]:
        planned = plan([], {who: live[who]}, [who], self._mark, "")
        return [(change.action, who) for change in (planned.changes.prune if planned.changes else ())]

    async def _remembered(self) -> list[Identity]:
        return inventory_of(await self._client.get(RESOURCE_GROUP, self._name, SYSTEM_NAMESPACE))

    async def _get(self, who: Identity) -> tuple[Kind, Object] | None:
        kind = await self._discovery.kind_of(who)
        found = await self._client.get(kind, who.name, who.namespace) if kind is not None else None
        return (kind, found) if kind is not None and found is not None else None

    async def _remove(self, who: Identity, obj: Object, action: Action) -> None:
        kind = await self._discovery.kind_of(who)
        if kind is None:
            return
        if action is Action.RELEASE:
            await self._release(kind, who, obj)
            return
        uid = str(obj["metadata"].get("uid") or "")
        try:
            await self._client.delete(kind, who.name, namespace=who.namespace, uid=uid)
        except KubeError as error:
            if not error.conflict:
                raise
        self._log.info("deleted %s with RootSync %s", who.described, self._name)

    async def _release(self, kind: Kind, who: Identity, obj: Object) -> None:
        patch = unmarking(obj)
        if patch:
            await self._client.patch(kind, who.name, patch, namespace=who.namespace)
            self._log.info("released %s from RootSync %s", who.described, self._name)

    async def _wait_until_gone(self, identities: Iterable[Identity]) -> None:
        left = list(identities)
        wait = LOOK
        while True:
            left = [who for who in left if await self._get(who) is not None]
            if not left:
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_LOOK)

    async def _forget(self) -> None:
        await self._client.delete(RESOURCE_GROUP, self._name, namespace=SYSTEM_NAMESPACE)
