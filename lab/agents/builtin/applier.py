"""Carries a plan out: phases of server-side applies with waits between them, then removals and releases.

Source: Config Sync and cli-utils, apply, wait and prune tasks. Two things differ on purpose: only what something else
needs is waited for, and what cannot become ready by itself ends the wait at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.agents.builtin.discovery import Discovery
from lab.agents.builtin.live import Snapshot
from lab.agents.builtin.pods import PodLook
from lab.agents.builtin.refusals import refused
from lab.kit.clock import Clock
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import Kind, Object
from lab.reconcile.declared import Declared
from lab.reconcile.faults import Fault, Site
from lab.reconcile.health import Health, Readiness
from lab.reconcile.identity import Identity
from lab.reconcile.metadata import FIELD_MANAGER, Mark, mark_annotations, mark_labels, marked, unmarking
from lab.reconcile.plan import Action, Change, ChangeSet
from lab.reconcile.readiness import assess

FIRST_LOOK = 0.05
LONGEST_LOOK = 1.0
KIND_SERVED_WITHIN = 10.0
"""Seconds that a kind may take to be served after its definition is established."""

_BOOKKEEPING = ("managedFields", "resourceVersion", "generation", "annotations", "labels")


@dataclass(slots=True)
class Outcome:
    """What became of a plan. `counts` is per package directory: created, configured, unchanged, pruned."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    failed: set[Identity] = field(default_factory=set)
    skipped: set[Identity] = field(default_factory=set)
    applied: dict[Identity, Object] = field(default_factory=dict)
    removed: set[Identity] = field(default_factory=set)

    def count(self, package: str, what: str) -> None:
        """One more."""
        counts = self.counts.setdefault(package, dict.fromkeys(("created", "configured", "unchanged", "pruned"), 0))
        counts[what] += 1

    @property
    def moved(self) -> bool:
        """Whether anything but marks changed on the cluster."""
        return any(n for counts in self.counts.values() for what, n in counts.items() if what != "unchanged")


class Applier:
    """Applies on one cluster for one RootSync. `package` tells the package directory of a removed live object."""

    def __init__(
        self,
        client: KubeClient,
        discovery: Discovery,
        clock: Clock,
        log: logging.Logger,
        pods: PodLook,
        applied: Callable[[Identity, Object], None],
    ) -> None:
        self._client = client
        self._discovery = discovery
        self._clock = clock
        self._log = log
        self._pods = pods
        self._applied = applied

    async def run(
        self,
        changes: ChangeSet,
        live: Snapshot,
        mark: Mark,
        commit: str,
        *,
        timeout: float,
        package: Callable[[Identity, Object], str],
    ) -> Outcome:
        """Do it all; refusals of single objects are in the outcome, the others go on. Raises ConnectionError."""
        outcome = Outcome()
        blocked: dict[Identity, str] = {}
        for number, phase in enumerate(changes.apply):
            for change in phase:
                await self._apply(change, changes, live, mark, commit, outcome, blocked)
            needed = self._needed_later(changes, number)
            blocked.update(await self._wait([one for one in phase if one.identity in needed], outcome, timeout))
        for change in changes.skipped:
            if change.declared is None and change.reason:
                text = f"skipped delete of {change.identity.described}: {change.reason}"
                outcome.faults.append(Fault("2009", text, (Site(change.identity, ""),)))
        for change in changes.prune:
            await self._prune(change, live, outcome, package)
        return outcome

    async def apply_one(self, kind: Kind, item: Declared, mark: Mark, commit: str) -> Object:
        """Server-side apply of one declared object, forced. Raises KubeError."""
        found = await self._client.apply(kind, marked(item, mark, commit), manager=FIELD_MANAGER, force=True)
        self._say_warnings()
        return found

    async def mark_one(self, kind: Kind, item: Declared, mark: Mark, commit: str) -> Object:
        """Renew the mark of an object whose content is left alone. Raises KubeError."""
        who = item.identity
        meta = {"labels": mark_labels(item, mark), "annotations": mark_annotations(item, mark, commit)}
        return await self._client.patch(kind, who.name, {"metadata": meta}, namespace=who.namespace)

    async def release(self, kind: Kind, who: Identity, obj: Object) -> None:
        """Take the mark off an object and leave it. Raises KubeError."""
        patch = unmarking(obj)
        if patch:
            await self._client.patch(kind, who.name, patch, namespace=who.namespace)

    # -- apply -----------------------------------------------------------------------------------------------

    async def _apply(
        self,
        change: Change,
        changes: ChangeSet,
        live: Snapshot,
        mark: Mark,
        commit: str,
        outcome: Outcome,
        blocked: Mapping[Identity, str],
    ) -> None:
        item, who = change.declared, change.identity
        assert item is not None
        reason = self._blocker(who, changes, outcome, blocked)
        if reason:
            self._skip(item, reason, outcome)
            return
        if who in live.faults:
            # Whether a namespace is there that nobody declares shows when something is put into it.
            if not item.implicit:
                self._fail(who, live.faults[who], outcome)
            return
        try:
            found = await self._send(change, item, live, mark, commit)
        except KubeError as error:
            self._fail(who, refused("apply", who, error, item), outcome)
            return
        outcome.applied[who] = found
        outcome.count(item.package, self._what_happened(change, live.objects.get(who), found))
        self._applied(who, found)

    async def _send(self, change: Change, item: Declared, live: Snapshot, mark: Mark, commit: str) -> Object:
        kind = live.kinds.get(item.identity) or await self._served(item)
        live.kinds[item.identity] = kind
        if change.action is Action.MARK_ONLY:
            return await self.mark_one(kind, item, mark, commit)
        try:
            return await self.apply_one(kind, item, mark, commit)
        except KubeError as error:
            if not error.not_found or error.details.get("kind") == "namespaces":
                raise
        self._discovery.forget(kind)
        return await self.apply_one(await self._served(item), item, mark, commit)

    async def _served(self, item: Declared) -> Kind:
        """The resource of a kind whose definition was just applied. Raises KubeError 404 when it does not come."""
        until = self._clock.time() + KIND_SERVED_WITHIN
        wait = FIRST_LOOK
        while True:
            kind = await self._discovery.kind(item.api_version, item.identity.kind)
            if kind is not None:
                return kind
            if self._clock.time() >= until:
                text = f'no matches for kind "{item.identity.kind}" in version "{item.api_version}"'
                raise KubeError(404, "NotFound", text)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_LOOK)

    def _what_happened(self, change: Change, before: Object | None, after: Object) -> str:
        if before is None:
            return "created"
        if change.action is Action.MARK_ONLY or _content(before) == _content(after):
            return "unchanged"
        return "configured"

    def _blocker(self, who: Identity, changes: ChangeSet, outcome: Outcome, blocked: Mapping[Identity, str]) -> str:
        for need in sorted(changes.needs.get(who, ())):
            if need in outcome.failed:
                return f"dependency apply actuation failed: {need.inventory_id}"
            if need in outcome.skipped:
                return f"dependency apply actuation skipped: {need.inventory_id}"
            if need in blocked:
                return f"dependency apply reconcile {blocked[need]}: {need.inventory_id}"
        return ""

    def _skip(self, item: Declared, reason: str, outcome: Outcome) -> None:
        text = f"skipped apply of {item.identity.described}: {reason}"
        outcome.faults.append(Fault("2009", text, (item.site,)))
        outcome.skipped.add(item.identity)

    def _fail(self, who: Identity, fault: Fault, outcome: Outcome) -> None:
        outcome.faults.append(fault)
        outcome.failed.add(who)

    # -- waits -----------------------------------------------------------------------------------------------

    def _needed_later(self, changes: ChangeSet, number: int) -> set[Identity]:
        later = [change.identity for phase in changes.apply[number + 1 :] for change in phase]
        return {need for who in later for need in changes.needs.get(who, ())}

    async def _wait(self, phase: list[Change], outcome: Outcome, timeout: float) -> dict[Identity, str]:
        """Wait until every object is Current; returns those that did not become so, with the word for it."""
        until = self._clock.time() + timeout
        given_up: dict[Identity, str] = {}
        pending = [change.identity for change in phase if change.identity in outcome.applied]
        wait = FIRST_LOOK
        while True:
            pending = [who for who in pending if not await self._settled(who, outcome, given_up)]
            if not pending:
                return given_up
            if self._clock.time() >= until:
                return given_up | dict.fromkeys(pending, "timeout")
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_LOOK)
            for who in pending:
                await self._look_again(who, outcome)

    async def _settled(self, who: Identity, outcome: Outcome, given_up: dict[Identity, str]) -> bool:
        state = await self._readiness(outcome.applied[who])
        if state.stuck:
            given_up[who] = "failed"
            self._log.warning("%s does not become ready: %s", who.described, state.reason)
        return state.stuck or state.health is Health.CURRENT

    async def _readiness(self, obj: Object) -> Readiness:
        state = assess(obj)
        if state.health is Health.IN_PROGRESS:
            return await self._pods.trouble(obj) or state
        return state

    async def _look_again(self, who: Identity, outcome: Outcome) -> None:
        kind = await self._discovery.kind_of(who)
        found = await self._client.get(kind, who.name, who.namespace) if kind is not None else None
        if found is not None:
            outcome.applied[who] = found
            self._applied(who, found)

    # -- prune -----------------------------------------------------------------------------------------------

    async def _prune(
        self, change: Change, live: Snapshot, outcome: Outcome, package: Callable[[Identity, Object], str]
    ) -> None:
        who, obj, kind = change.identity, live.objects.get(change.identity), live.kinds.get(change.identity)
        if obj is None or kind is None:
            return
        verb = "delete" if change.action is Action.DELETE else "release"
        try:
            if change.action is Action.DELETE:
                uid = str(obj["metadata"].get("uid") or "")
                await self._client.delete(kind, who.name, namespace=who.namespace, uid=uid)
                outcome.count(package(who, obj), "pruned")
                self._log.info("pruned %s", who.described)
            else:
                await self.release(kind, who, obj)
                self._log.info("released %s: %s", who.described, change.reason or "management is disabled")
            outcome.removed.add(who)
        except KubeError as error:
            if error.not_found or (error.conflict and change.action is Action.DELETE):
                # Somebody deleted it, or deleted and made another one that is not ours.
                outcome.removed.add(who)
                return
            self._fail(who, refused(verb, who, error, change.declared), outcome)

    def _say_warnings(self) -> None:
        for text in self._client.warnings:
            self._log.warning("Warning: %s", text)
        self._client.warnings.clear()


def _content(obj: Object) -> dict[str, Any]:
    """The object without what moves by itself and without the agent's own mark."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in _BOOKKEEPING}
    mark = unmarking(obj).get("metadata", {})
    for section in ("labels", "annotations"):
        own = mark.get(section, {})
        kept = {key: value for key, value in (obj["metadata"].get(section) or {}).items() if key not in own}
        if kept:
            meta[section] = kept
    return {**{key: value for key, value in obj.items() if key not in ("metadata", "status")}, "metadata": meta}
