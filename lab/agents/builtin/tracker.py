"""Follows how applied objects do, tells when a package is ready or cannot become so, and keeps the inventory's status.

It remembers one word per object, never the object. Waiting costs nothing but for workloads on their way, whose Pods are
looked at in growing distances.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from lab.agents.builtin.pods import PodLook
from lab.events.bus import EventBus
from lab.events.kinds import PackageNotReady, PackageReady
from lab.kube.client import KubeError
from lab.kube.paths import Object, namespace_of
from lab.reconcile.health import NOT_FOUND, Health, Readiness
from lab.reconcile.identity import Identity, is_namespace
from lab.reconcile.inventory import Row, commit_of
from lab.reconcile.order import rank
from lab.reconcile.pod_trouble import has_pods, pod_selector
from lab.reconcile.readiness import assess

FIRST_LOOK = 0.5
LONGEST_LOOK = 15.0
SETTLE = 0.05
"""Seconds in which changes of many objects become one evaluation."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of an object: its readiness, version, commit, and where its Pods are."""

    state: Readiness
    version: int = 0
    commit: str = ""
    pods: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Expected:
    """A commit that was applied, and the objects of each package directory. Refused packages are left out."""

    commit: str
    packages: Mapping[str, tuple[Identity, ...]]


class Tracker:
    """For one RootSync of one cluster."""

    def __init__(self, cluster: str, root_sync: str, bus: EventBus, pods: PodLook, log: logging.Logger) -> None:
        self._cluster = cluster
        self._root_sync = root_sync
        self._bus = bus
        self._pods = pods
        self._log = log
        self._known: dict[Identity, Known] = {}
        self._expected: Expected | None = None
        self._changed = asyncio.Event()
        self.rows_changed = asyncio.Event()
        """Set when the inventory's status is no longer what `rows` says."""

    # -- what is seen ----------------------------------------------------------------------------------------

    def saw(self, who: Identity, obj: Object) -> None:
        """An object as it is now; one that was already seen in a newer version is not news."""
        version = _version(obj)
        known = self._known.get(who)
        if known is not None and version and version < known.version:
            return
        state = assess(obj)
        if state.health is Health.IN_PROGRESS and known is not None and known.state.stuck and _same_pods(known, obj):
            # The workload's own status says less than its Pods did.
            state = known.state
        pods = (
            (namespace_of(obj), pod_selector(obj)) if has_pods(obj) and state.health is not Health.CURRENT else ("", "")
        )
        self._put(who, Known(state, version, commit_of(obj), pods))

    def gone(self, who: Identity) -> None:
        """An object was deleted."""
        if who in self._known:
            self._put(who, Known(NOT_FOUND))

    def state(self, who: Identity) -> Readiness:
        """The readiness of an object as far as known."""
        known = self._known.get(who)
        return known.state if known is not None else Readiness(Health.UNKNOWN)

    def expect(self, expected: Expected, applied: Collection[Identity]) -> None:
        """A commit was applied: its packages are to become ready. What is not among `applied` is forgotten."""
        self._expected = expected
        self._known = {who: known for who, known in self._known.items() if who in applied}
        self._changed.set()
        self.rows_changed.set()

    def hold(self) -> None:
        """Nothing is expected while the next commit is being applied."""
        self._expected = None

    def rows(self, inventory: Mapping[Identity, Row]) -> list[Row]:
        """The inventory's rows with the health of each object."""
        return [
            replace(row, health=self.state(who).health, commit=self._known[who].commit) if who in self._known else row
            for who, row in inventory.items()
        ]

    # -- what follows ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell of packages until cancelled."""
        look = FIRST_LOOK
        while True:
            try:
                async with asyncio.timeout(look if self._on_their_way() else None):
                    await self._changed.wait()
                await asyncio.sleep(SETTLE)
                look = FIRST_LOOK
            except TimeoutError:
                look = min(look * 2, LONGEST_LOOK)
            self._changed.clear()
            try:
                await self._look_at_pods()
            except (KubeError, ConnectionError, TimeoutError) as error:
                self._log.warning("Pods could not be looked at: %s", error)
            self.tell()

    def tell(self) -> None:
        """Publish what can be said of each expected package now."""
        if self._expected is None:
            return
        commit = self._expected.commit
        for directory, items in self._expected.packages.items():
            states = {who: self.state(who) for who in sorted(items, key=rank)}
            stuck = next((who for who, state in states.items() if state.stuck), None)
            if stuck is not None:
                reason = states[stuck].reason
                self._bus.publish(
                    PackageNotReady(self._cluster, self._root_sync, commit, directory, stuck.subject, reason)
                )
            elif all(state.health is Health.CURRENT for state in states.values()):
                notable = tuple(who.subject for who in states if is_namespace(who))
                self._bus.publish(PackageReady(self._cluster, self._root_sync, commit, directory, len(states), notable))

    async def _look_at_pods(self) -> None:
        for who in self._on_their_way():
            known = self._known[who]
            found = await self._pods.trouble_of(*known.pods)
            if found is not None and self._known.get(who) is known:
                self._known[who] = replace(known, state=found)
                self.rows_changed.set()

    def _on_their_way(self) -> list[Identity]:
        if self._expected is None:
            return []
        return [who for who, known in self._known.items() if known.pods[1] and not known.state.stuck]

    def _put(self, who: Identity, known: Known) -> None:
        before = self._known.get(who)
        self._known[who] = known
        if before is None or (before.state, before.commit) != (known.state, known.commit):
            self._changed.set()
            self.rows_changed.set()


def _version(obj: Object) -> int:
    text = str((obj.get("metadata") or {}).get("resourceVersion") or "")
    return int(text) if text.isdigit() else 0


def _same_pods(known: Known, obj: Object) -> bool:
    return known.pods == (namespace_of(obj), pod_selector(obj)) and known.commit == commit_of(obj)
