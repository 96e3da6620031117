"""The parts that serve one RootSync, and how they hang together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from lab.agents.builtin.applier import Applier
from lab.agents.builtin.discovery import Discovery
from lab.agents.builtin.inventory_store import InventoryStore
from lab.agents.builtin.pods import PodLook
from lab.agents.builtin.remediator import Remediator
from lab.agents.builtin.source import OpenRepository
from lab.agents.builtin.sync_run import SyncRun
from lab.agents.builtin.sync_spec import SyncSpec
from lab.agents.builtin.tracker import Tracker
from lab.agents.builtin.watches import Watches
from lab.events.bus import EventBus
from lab.kit.clock import Clock
from lab.kube.client import KubeClient


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every reconciler of one agent shares."""

    cluster: str
    client: KubeClient
    bus: EventBus
    clock: Clock
    log: logging.Logger
    strict: bool
    open_repository: OpenRepository


@dataclass(frozen=True, slots=True)
class Parts:
    """`sync` brings commits onto the cluster; the others keep what it brought."""

    sync: SyncRun
    tracker: Tracker
    remediator: Remediator
    watches: Watches
    inventory: InventoryStore

    def start(self, group: asyncio.TaskGroup) -> None:
        """Have the parts work beside each other."""
        group.create_task(self.watches.run())
        group.create_task(self.remediator.run())
        group.create_task(self.tracker.run())
        changed = self.tracker.rows_changed
        group.create_task(self.inventory.keep_status(changed, lambda: self.tracker.rows(self.sync.rows)))


def assemble(around: Surroundings, spec: SyncSpec, troubled: Callable[[], None]) -> Parts:
    """The parts for a RootSync; `troubled` is called when its status should show something else."""
    client, clock, log = around.client, around.clock, around.log
    discovery = Discovery(client)
    pods = PodLook(client, clock)
    tracker = Tracker(around.cluster, spec.name, around.bus, pods, log)
    applier = Applier(client, discovery, clock, log, pods, tracker.saw)
    remediator = Remediator(
        around.cluster,
        client,
        discovery,
        applier,
        tracker,
        bus=around.bus,
        clock=clock,
        log=log,
        troubled=troubled,
    )
    watches = Watches(client, spec.mark(around.cluster).part_of, remediator.saw, log)
    inventory = InventoryStore(client, clock, spec.name, spec.status_mode)
    sync = SyncRun(
        around.cluster, spec, around.strict, client, discovery, applier, inventory, remediator, tracker, watches
    )
    return Parts(sync, tracker, remediator, watches, inventory)
