"""Watches on what one RootSync manages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from lab.agents.builtin.watches import Watches
from lab.kube.paths import CONFIG_MAP
from lab.reconcile.identity import Identity, identity_of
from lab.reconcile.metadata import PART_OF


def labeled(name: str) -> dict[str, Any]:
    """A ConfigMap that is part of `mine`."""
    meta = {"name": name, "namespace": "default", "labels": {PART_OF: "mine"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


def test_what_went_before_the_watch_began_is_told(on_bench: Callable[..., None]) -> None:
    """An object that was applied but is not found by the first list is told as deleted, others as they are."""

    async def scenario(bench: Any) -> None:
        seen: list[tuple[str, Identity]] = []
        watches = Watches(
            bench.client, "mine", lambda change, who, _obj: seen.append((change, who)), logging.getLogger("test")
        )
        await bench.apply(labeled("here"))
        here, gone = identity_of(labeled("here")), identity_of(labeled("gone"))
        elsewhere = Identity("", "Secret", "default", "gone")
        async with asyncio.TaskGroup() as group:
            running = group.create_task(watches.run())
            watches.want([CONFIG_MAP], [here, gone, elsewhere])
            await bench.until(lambda: len(seen) >= 2)
            running.cancel()
        assert [("DELETED", gone), ("MODIFIED", here)] == seen

    on_bench(scenario)
