"""The ResourceGroup on the cluster: read, remembered before anything is applied, and kept up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from lab.kit.clock import Clock, timestamp
from lab.kube.client import JSON_PATCH, KubeClient, KubeError
from lab.kube.paths import RESOURCE_GROUP, Object
from lab.reconcile.identity import Identity
from lab.reconcile.inventory import Row, group_status, inventory_of, resource_group
from lab.reconcile.metadata import FIELD_MANAGER, SYSTEM_NAMESPACE

MIN_DISTANCE = 1.0
"""Seconds between two writes of the status."""


class InventoryStore:
    """The inventory of one RootSync."""

    def __init__(self, client: KubeClient, clock: Clock, root_sync: str, status_mode: str) -> None:
        self._client = client
        self._clock = clock
        self._name = root_sync
        self._status_mode = status_mode
        self._object: Object | None = None

    async def load(self) -> list[Identity]:
        """What was applied before. Raises KubeError."""
        self._object = await self._client.get(RESOURCE_GROUP, self._name, SYSTEM_NAMESPACE)
        return inventory_of(self._object)

    async def remember(self, identities: Iterable[Identity]) -> None:
        """Make the inventory hold exactly these; nothing is written when it does. Raises KubeError."""
        wanted = resource_group(self._name, identities, self._status_mode)
        if self._object is not None and _same(self._object, wanted):
            return
        self._object = await self._client.apply(RESOURCE_GROUP, wanted, manager=FIELD_MANAGER, force=True)

    async def delete(self) -> None:
        """Forget everything. Raises KubeError."""
        await self._client.delete(RESOURCE_GROUP, self._name, namespace=SYSTEM_NAMESPACE)
        self._object = None

    async def keep_status(self, changed: asyncio.Event, rows: Callable[[], Sequence[Row]]) -> None:
        """Write the status whenever `changed` is set, until cancelled."""
        while True:
            await changed.wait()
            changed.clear()
            try:
                await self._write_status(rows())
            except (KubeError, ConnectionError):
                # Nobody acts on this status; the next change writes all of it again.
                self._object = await self._reread()
            await asyncio.sleep(MIN_DISTANCE)

    async def _write_status(self, rows: Sequence[Row]) -> None:
        if self._object is None:
            return
        before = self._object.get("status") or {}
        generation = int(self._object["metadata"].get("generation") or 0)
        shown = rows if self._status_mode == "enabled" else ()
        status = group_status(shown, generation, timestamp(self._clock.now()))
        if _timeless(status) == _timeless(before):
            return
        patch = [{"op": "add", "path": "/status", "value": status}]
        self._object = await self._client.patch(
            RESOURCE_GROUP,
            self._name,
            patch,
            namespace=SYSTEM_NAMESPACE,
            subresource="status",
            content_type=JSON_PATCH,
        )

    async def _reread(self) -> Object | None:
        try:
            return await self._client.get(RESOURCE_GROUP, self._name, SYSTEM_NAMESPACE)
        except (KubeError, ConnectionError):
            return None


def _same(live: Object, wanted: Object) -> bool:
    if set(inventory_of(live)) != set(inventory_of(wanted)):
        return False
    meta, want = live["metadata"], wanted["metadata"]
    return all(
        (meta.get(section) or {}).get(key) == value
        for section in ("labels", "annotations")
        for key, value in want[section].items()
    )


def _timeless(status: Object) -> Object:
    conditions = [
        {key: value for key, value in condition.items() if key != "lastTransitionTime"}
        for condition in status.get("conditions") or []
    ]
    return {**status, "conditions": conditions}
