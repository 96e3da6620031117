"""Brings one commit onto the cluster: validate, plan, remember, apply, and hand over to watches and tracker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lab.agents.builtin.applier import Applier, Outcome
from lab.agents.builtin.discovery import Discovery
from lab.agents.builtin.inventory_store import InventoryStore
from lab.agents.builtin.live import Snapshot, snapshot
from lab.agents.builtin.remediator import Remediator, Wanted
from lab.agents.builtin.source import Tree
from lab.agents.builtin.sync_spec import SyncSpec
from lab.agents.builtin.tracker import Expected, Tracker
from lab.agents.builtin.watches import Watches
from lab.kube.client import KubeClient
from lab.kube.paths import Kind, Object
from lab.reconcile.declared import Declared
from lab.reconcile.faults import Fault
from lab.reconcile.identity import Identity
from lab.reconcile.inventory import Row
from lab.reconcile.metadata import SOURCE_PATH
from lab.reconcile.mistakes import Rules
from lab.reconcile.packages import package_of
from lab.reconcile.plan import ChangeSet, plan
from lab.reconcile.validate import check, kinds_of

T = TypeVar("T")

LARGE = 200
"""From so many objects on, checking and planning take long enough to be done beside the event loop."""

_OF_SOURCE = frozenset({"1047"})
"""Faults of a plan that are mistakes of the repository."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a commit: faults by stage, and the outcome where something was applied."""

    rendering: tuple[Fault, ...] = ()
    source: tuple[Fault, ...] = ()
    sync: tuple[Fault, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    outcome: Outcome | None = None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All of them."""
        return (*self.rendering, *self.source, *self.sync)

    @property
    def worth_retrying(self) -> bool:
        """Whether the cluster could make it good without a new commit."""
        refused = any(fault.knv != "2006" for fault in self.sync)
        return refused or any(fault.knv in ("1021", "1047") for fault in self.source)


@dataclass(slots=True)
class SyncRun:
    """The parts that take part, for one RootSync of one cluster."""

    cluster: str
    spec: SyncSpec
    strict: bool
    client: KubeClient
    discovery: Discovery
    applier: Applier
    inventory: InventoryStore
    remediator: Remediator
    tracker: Tracker
    watches: Watches
    rows: dict[Identity, Row] = field(default_factory=dict)

    async def run(self, tree: Tree, commit: str, packages: Collection[str]) -> Result:
        """Apply what the tree declares. `packages` are package directories of this commit and of the one before.

        Raises KubeError for what concerns more than one object, ConnectionError when the API server is away.
        """
        early = self._unreadable(tree)
        if early is not None:
            return early
        rules = Rules(self.spec.name, self.cluster, self.strict, self.spec.implicit_namespaces)
        scopes = await self.discovery.scopes(kinds_of(tree.parsed.declared))
        checked = await _beside(len(tree.parsed.declared), check, tree.parsed.declared, scopes, rules)
        if any(fault.blocking for fault in checked.faults):
            return Result(source=checked.faults)
        remembered = await self.inventory.load()
        mark = self.spec.mark(self.cluster)
        live = await snapshot(self.client, self.discovery, checked.declared, remembered, mark.part_of)
        count = len(checked.declared)
        planned = await _beside(count, plan, checked.declared, live.objects, remembered, mark, commit)
        if planned.changes is None:
            source = tuple(fault for fault in planned.faults if fault.knv in _OF_SOURCE)
            sync = tuple(fault for fault in planned.faults if fault.knv not in _OF_SOURCE)
            return Result(source=(*checked.faults, *source), sync=sync, notes=checked.notes)
        async with self.remediator.resting:
            outcome = await self._apply(planned.changes, checked.declared, live, remembered, commit, packages)
        self._hand_over(tree, checked.declared, checked.faults, live, outcome, commit, packages)
        return Result(source=checked.faults, sync=tuple(outcome.faults), notes=checked.notes, outcome=outcome)

    def _unreadable(self, tree: Tree) -> Result | None:
        rendering = tuple(fault for fault in tree.parsed.faults if fault.knv == "1068")
        source = tuple(fault for fault in tree.parsed.faults if fault.knv != "1068")
        hierarchy = self.spec.source_format == "hierarchy" or (self.strict and not self.spec.source_format)
        if hierarchy:
            source = (*source, _no_hierarchy(tree.parsed.declared))
        return Result(rendering=rendering, source=source) if rendering or source else None

    async def _apply(
        self,
        changes: ChangeSet,
        declared: Sequence[Declared],
        live: Snapshot,
        remembered: Sequence[Identity],
        commit: str,
        packages: Collection[str],
    ) -> Outcome:
        mark = self.spec.mark(self.cluster)
        going = {change.identity for change in changes.prune}
        await self.inventory.remember({*remembered, *changes.inventory})
        self.tracker.hold()
        wanted = {item.identity: item for item in declared if item.identity in set(changes.inventory) - going}
        self.remediator.want(Wanted(wanted, live.kinds, mark, commit))
        outcome = await self.applier.run(
            changes,
            live,
            mark,
            commit,
            timeout=self.spec.reconcile_timeout,
            package=lambda who, obj: package_of(_source_path(obj), packages),
        )
        refused = outcome.failed | outcome.skipped
        self.remediator.want(Wanted(wanted, live.kinds, mark, commit, frozenset(refused)), outcome.applied.values())
        kept = {*outcome.applied, *((refused | {*changes.inventory}) & set(remembered))} - outcome.removed
        await self.inventory.remember(kept)
        self.rows = {who: _row(who, outcome, going) for who in kept}
        return outcome

    def _hand_over(
        self,
        tree: Tree,
        declared: Sequence[Declared],
        faults: Sequence[Fault],
        live: Snapshot,
        outcome: Outcome,
        commit: str,
        packages: Collection[str],
    ) -> None:
        """Watch what is declared now, and wait for the packages of which nothing was refused."""
        kinds: set[Kind] = {live.kinds[item.identity] for item in declared if item.identity in live.kinds}
        self.watches.want(kinds, outcome.applied)
        refused = {package_of(site.file, packages) for fault in (*faults, *outcome.faults) for site in fault.sites}
        found: dict[str, list[Identity]] = {directory: [] for directory in tree.parsed.packages}
        for item in declared:
            if item.identity in outcome.applied:
                found.setdefault(item.package, []).append(item.identity)
            elif item.identity in outcome.failed | outcome.skipped:
                refused.add(item.package)
        ready = {directory: tuple(items) for directory, items in sorted(found.items()) if directory not in refused}
        self.tracker.expect(Expected(commit, ready), outcome.applied)


async def _beside(size: int, work: Callable[..., T], *arguments: Any) -> T:
    """Do pure work: at once when it is small, in a worker thread when it would hold up everybody else."""
    return work(*arguments) if size < LARGE else await asyncio.to_thread(work, *arguments)


def _row(who: Identity, outcome: Outcome, going: Collection[Identity]) -> Row:
    strategy = "Delete" if who in going else "Apply"
    if who in outcome.failed:
        return Row(who, strategy, "Failed")
    if who in outcome.skipped or who not in outcome.applied:
        return Row(who, strategy, "Skipped")
    return Row(who, strategy, "Succeeded")


def _no_hierarchy(declared: Sequence[Declared]) -> Fault:
    if any(item.identity.kind == "Repo" and item.file.startswith("system/") for item in declared):
        text = "This agent reads unstructured repositories only: set spec.sourceFormat to unstructured."
        return Fault("1061", text)
    return Fault("1017", "The system/ directory must declare a Repo Resource.", path="system")


def _source_path(obj: Object) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(SOURCE_PATH) or "")
