"""Puts back what somebody changed on the cluster: seen by watch, corrected at once, told with who did it.

Source: Config Sync, remediator. It rests while a commit is being applied; unlike upstream's it goes on afterwards even
when an object was refused, for all others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lab.agents.builtin.applier import Applier
from lab.agents.builtin.discovery import Discovery
from lab.agents.builtin.refusals import namespace_going, refused
from lab.agents.builtin.tracker import Tracker
from lab.events.bus import EventBus
from lab.events.kinds import DriftCorrected, Retried
from lab.kit.clock import Clock
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import Kind, Object
from lab.reconcile.conflict import Heat, fight, management_conflict, pause_before_correction, still_contested
from lab.reconcile.declared import Declared
from lab.reconcile.drift import Path, changed_by, differences, dotted
from lab.reconcile.faults import Fault
from lab.reconcile.health import Health
from lab.reconcile.identity import Identity, identity_of
from lab.reconcile.metadata import Mark, manager_of, marked
from lab.reconcile.order import rank

FIRST_WAIT = 0.25
LONGEST_WAIT = 60.0
NAMESPACE_WAIT = 0.5
"""Seconds between two looks at a namespace that has to come back before its objects can."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What has to be on the cluster. `left_alone` are objects that the cluster refused: the next sync tries again."""

    declared: Mapping[Identity, Declared]
    kinds: Mapping[Identity, Kind]
    mark: Mark
    commit: str
    left_alone: frozenset[Identity] = frozenset()


@dataclass(slots=True)
class _Noticed:
    """A change that waits for its turn: when it was noticed, when its turn is, the version seen, past failures."""

    at: float
    due: float
    version: str
    attempts: int = 0


@dataclass(slots=True)
class Trouble:
    """Errors that the status of the RootSync shows until they are over."""

    conflicts: dict[Identity, Fault] = field(default_factory=dict)
    fights: dict[Identity, Fault] = field(default_factory=dict)
    refusals: dict[Identity, Fault] = field(default_factory=dict)

    def faults(self) -> tuple[Fault, ...]:
        """All of them."""
        return (*self.conflicts.values(), *self.fights.values(), *self.refusals.values())


class Remediator:
    """For one RootSync; `troubled` is called when what the status should show has changed."""

    def __init__(
        self,
        cluster: str,
        client: KubeClient,
        discovery: Discovery,
        applier: Applier,
        tracker: Tracker,
        *,
        bus: EventBus,
        clock: Clock,
        log: logging.Logger,
        troubled: Callable[[], None],
    ) -> None:
        self._cluster = cluster
        self._client = client
        self._discovery = discovery
        self._applier = applier
        self._tracker = tracker
        self._bus = bus
        self._clock = clock
        self._log = log
        self._troubled = troubled
        self._wanted: Wanted | None = None
        self._queue: dict[Identity, _Noticed] = {}
        self._wake = asyncio.Event()
        self._resting = asyncio.Lock()
        self._settled: dict[Identity, str] = {}
        self._heat = Heat()
        self._by: dict[Identity, str] = {}
        self._contested: dict[Identity, float] = {}
        self.trouble = Trouble()

    @property
    def resting(self) -> asyncio.Lock:
        """Held while a commit is applied: nothing is corrected meanwhile."""
        return self._resting

    def want(self, wanted: Wanted, applied: Iterable[Object] = ()) -> None:
        """What holds from now on; `applied` are objects as the cluster just gave them back."""
        self._wanted = wanted
        self._settled = {identity_of(obj): _version(obj) for obj in applied}
        self.trouble.refusals.clear()

    def saw(self, change: str, who: Identity, obj: Object) -> None:
        """A watch tells a change of one of our objects; deleted also means: no longer labeled as ours."""
        if change == "DELETED":
            self._tracker.gone(who)
        else:
            self._tracker.saw(who, obj)
        if self._wanted is None or (change != "DELETED" and not self._deviates(who, obj)):
            return
        if who not in self._wanted.declared and change == "DELETED":
            return
        now = self._clock.time()
        due = now + pause_before_correction(self._heat.of(who, now))
        noticed = self._queue.setdefault(who, _Noticed(now, due, ""))
        noticed.version = _version(obj) if change != "DELETED" else ""
        self._wake.set()

    def cool(self) -> bool:
        """Forget fights and conflicts that are over; True when something was forgotten."""
        now = self._clock.time()
        before = self.trouble.faults()
        self._heat.cool(now)
        self.trouble.fights = {
            who: fault for who in self.trouble.fights if (fault := self._fight(who, now)) is not None
        }
        self.trouble.conflicts = {
            who: fault
            for who, fault in self.trouble.conflicts.items()
            if self._wanted is not None
            and who in self._wanted.declared
            and still_contested(self._contested[who], self._heat.of(who, now), now)
        }
        return before != self.trouble.faults()

    async def run(self) -> None:
        """Correct until cancelled."""
        while True:
            due = min((noticed.due for noticed in self._queue.values()), default=None)
            try:
                async with asyncio.timeout(None if due is None else max(due - self._clock.time(), 0)):
                    await self._wake.wait()
            except TimeoutError:
                pass  # the turn of the first in the queue has come
            self._wake.clear()
            async with self._resting:
                await self._work()

    # -- one change ------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        now = self._clock.time()
        turn = [who for who, noticed in self._queue.items() if noticed.due <= now]
        for who in sorted(turn, key=rank):
            noticed = self._queue.pop(who)
            if noticed.version and noticed.version == self._settled.get(who):
                continue
            try:
                wait = await self._correct(who, noticed)
            except KubeError as error:
                wait = self._failed(who, noticed, error)
            except (ConnectionError, TimeoutError) as error:
                wait = self._failed(who, noticed, KubeError(0, "", f"the API server does not answer: {error}"))
            if wait is not None:
                noticed.due = self._clock.time() + wait
                self._queue.setdefault(who, noticed)

    def _failed(self, who: Identity, noticed: _Noticed, error: KubeError) -> float:
        if namespace_going(error):
            return NAMESPACE_WAIT
        noticed.attempts += 1
        wait = min(FIRST_WAIT * float(2 ** (noticed.attempts - 1)), LONGEST_WAIT)
        self._bus.publish(Retried(f"correct {who.subject} on {self._cluster}", noticed.attempts, error.message, wait))
        item = self._wanted.declared.get(who) if self._wanted else None
        fault = refused("apply", who, error, item)
        if self.trouble.refusals.get(who) != fault:
            self.trouble.refusals[who] = fault
            self._troubled()
        self._log.error("KNV%s: %s (again in %.2fs)", fault.knv, fault.text, wait)
        return wait

    async def _correct(self, who: Identity, noticed: _Noticed) -> float | None:
        """Put one object back; returns seconds after which to look again, or None when it is done."""
        wanted = self._wanted
        if wanted is None or who in wanted.left_alone:
            return None
        item = wanted.declared.get(who)
        kind = wanted.kinds.get(who) or await self._discovery.kind_of(who)
        if kind is None:
            return None
        live = await self._client.get(kind, who.name, who.namespace)
        if item is None:
            return await self._remove_impostor(kind, who, live, noticed)
        if item.disabled or (live is not None and live["metadata"].get("ownerReferences")):
            return None
        if live is not None and live["metadata"].get("deletionTimestamp"):
            return NAMESPACE_WAIT
        if live is None and self._namespace_missing(who):
            return NAMESPACE_WAIT
        return await self._put_back(kind, item, live, noticed)

    async def _put_back(self, kind: Kind, item: Declared, live: Object | None, noticed: _Noticed) -> float | None:
        assert self._wanted is not None
        who, mark, commit = item.identity, self._wanted.mark, self._wanted.commit
        paths = self._paths(item, live) if live is not None else []
        if live is not None and not paths:
            return None
        conflict = management_conflict(item, live, mark.manager)
        by = changed_by(paths, live) if live is not None else ""
        only_mark = item.mutation_ignored and live is not None
        put = self._applier.mark_one if only_mark else self._applier.apply_one
        found = await put(kind, item, mark, commit)
        self._settled[who] = _version(found)
        self._tracker.saw(who, found)
        self.trouble.refusals.pop(who, None)
        if live is not None and _version(live) == _version(found):
            return None
        self._told(item, live, paths, by, noticed)
        if conflict is not None:
            self.trouble.conflicts[who] = conflict
            self._contested[who] = self._clock.time()
            self._troubled()
        return None

    async def _remove_impostor(self, kind: Kind, who: Identity, live: Object | None, noticed: _Noticed) -> float | None:
        """Delete an object that nobody declares though it carries our mark to the letter."""
        assert self._wanted is not None
        ours = live is not None and manager_of(live) == self._wanted.mark.manager
        if live is None or not ours or live["metadata"].get("ownerReferences"):
            return None
        if live["metadata"].get("deletionTimestamp"):
            return None
        await self._client.delete(kind, who.name, namespace=who.namespace, uid=str(live["metadata"].get("uid") or ""))
        took = self._clock.time() - noticed.at
        self._bus.publish(DriftCorrected(self._cluster, who.subject, "created", changed_by([()], live), "", took))
        self._log.info("deleted %s: it carries our mark, but Git does not declare it", who.described)
        return None

    def _told(self, item: Declared, live: Object | None, paths: list[Path], by: str, noticed: _Noticed) -> None:
        who = item.identity
        now = self._clock.time()
        self._heat.rise(who, now)
        self._by[who] = by
        action = "deleted" if live is None else f"changed {', '.join(dotted(path) for path in paths[:3])}"
        self._bus.publish(DriftCorrected(self._cluster, who.subject, action, by, item.file, now - noticed.at))
        self._log.info("corrected %s: %s%s", who.described, action, f" by {by}" if by else "")
        fault = self._fight(who, now)
        if fault is not None and self.trouble.fights.get(who) != fault:
            self.trouble.fights[who] = fault
            self._troubled()

    def _fight(self, who: Identity, now: float) -> Fault | None:
        item = self._wanted.declared.get(who) if self._wanted else None
        return fight(item, self._heat.of(who, now), self._by.get(who, "")) if item is not None else None

    def _deviates(self, who: Identity, obj: Object) -> bool:
        assert self._wanted is not None
        if self._resting.locked():
            # The object is on its way to the next commit; it is looked at again when that is applied.
            return True
        item = self._wanted.declared.get(who)
        if item is None:
            return manager_of(obj) == self._wanted.mark.manager
        if item.disabled or self._settled.get(who) == _version(obj):
            return False
        return bool(self._paths(item, obj))

    def _paths(self, item: Declared, live: Object) -> list[Path]:
        assert self._wanted is not None
        found = differences(marked(item, self._wanted.mark, self._wanted.commit), live)
        if item.mutation_ignored:
            return [path for path in found if path[:2] in (("metadata", "annotations"), ("metadata", "labels"))]
        return found

    def _namespace_missing(self, who: Identity) -> bool:
        if not who.namespace:
            return False
        namespace = Identity("", "Namespace", "", who.namespace)
        declared = self._wanted is not None and namespace in self._wanted.declared
        return declared and self._tracker.state(namespace).health is not Health.CURRENT


def _version(obj: Object) -> str:
    return str(obj["metadata"].get("resourceVersion") or "")
