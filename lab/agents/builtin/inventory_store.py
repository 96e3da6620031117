"""The ResourceGroup on the cluster: read, remembered before anything is applied, and kept up to date."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from lab.kit.clock import Clock, timestamp
from lab.kube.client import JSON_PATCH, KubeClient, KubeError
from lab.kube.paths import RESOURCE_GROUP, Object
from lab.reconcile.identity import Identity
from lab.reconcile.inventory import Row, group_status, inventory_of, resource_group
from lab.reconcile.metadata import FIELD_MANAGER, SYSTEM_NAMESPACE

MIN_DISTANCE = 1.0
"""Seconds between two writes of the status."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of the ResourceGroup: digests, not the object."""

    content: bytes
    generation: int
    status: bytes


class InventoryStore:
    """The inventory of one RootSync."""

    def __init__(self, client: KubeClient, clock: Clock, root_sync: str, status_mode: str) -> None:
        self._client = client
        self._clock = clock
        self._name = root_sync
        self._status_mode = status_mode
        self._known: _Known | None = None

    async def load(self) -> list[Identity]:
        """What was applied before. Raises KubeError."""
        found = await self._client.get(RESOURCE_GROUP, self._name, SYSTEM_NAMESPACE)
        self._known = _known(found)
        return inventory_of(found)

    async def remember(self, identities: Iterable[Identity]) -> None:
        """Make the inventory hold exactly these; nothing is written when it does. Raises KubeError."""
        wanted = resource_group(self._name, identities, self._status_mode)
        if self._known is not None and self._known.content == _content(wanted):
            return
        self._known = _known(await self._client.apply(RESOURCE_GROUP, wanted, manager=FIELD_MANAGER, force=True))

    async def delete(self) -> None:
        """Forget everything. Raises KubeError."""
        await self._client.delete(RESOURCE_GROUP, self._name, namespace=SYSTEM_NAMESPACE)
        self._known = None

    async def keep_status(self, changed: asyncio.Event, rows: Callable[[], Sequence[Row]]) -> None:
        """Write the status whenever `changed` is set, until cancelled."""
        while True:
            await changed.wait()
            changed.clear()
            try:
                await self._write_status(rows())
            except (KubeError, ConnectionError, TimeoutError):
                # Nobody acts on this status; the next change writes all of it again.
                await self._reread()
            await asyncio.sleep(MIN_DISTANCE)

    async def _write_status(self, rows: Sequence[Row]) -> None:
        if self._known is None:
            return
        shown = rows if self._status_mode == "enabled" else ()
        status = group_status(shown, self._known.generation, timestamp(self._clock.now()))
        if _timeless(status) == self._known.status:
            return
        patch = [{"op": "add", "path": "/status", "value": status}]
        found = await self._client.patch(
            RESOURCE_GROUP,
            self._name,
            patch,
            namespace=SYSTEM_NAMESPACE,
            subresource="status",
            content_type=JSON_PATCH,
        )
        self._known = _known(found)

    async def _reread(self) -> None:
        try:
            await self.load()
        except (KubeError, ConnectionError, TimeoutError):
            self._known = None


def _known(obj: Object | None) -> _Known | None:
    if obj is None:
        return None
    generation = int(obj["metadata"].get("generation") or 0)
    return _Known(_content(obj), generation, _timeless(obj.get("status") or {}))


def _content(obj: Object) -> bytes:
    """A digest of what the agent itself writes: members, labels and annotations."""
    meta = obj["metadata"]
    members = sorted(inventory_of(obj))
    what = [[member.inventory_id for member in members], meta.get("labels"), meta.get("annotations")]
    return _digest(what)


def _timeless(status: Object) -> bytes:
    conditions = [
        {key: value for key, value in condition.items() if key != "lastTransitionTime"}
        for condition in status.get("conditions") or []
    ]
    return _digest({**status, "conditions": conditions})


def _digest(value: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).digest()
