"""Repositories: registering a Git branch, looking at it again and again, and saying how that goes.

Source: Porch, Repository controller; its conditions and finalizer. Unregistering never touches Git.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from lab.errors.base import LabError
from lab.events.bus import EventBus
from lab.events.kinds import RepositoryChanged, RepositoryRemoved, Retried
from lab.git.failures import GitFailure, GitMissing
from lab.git.remote import RemoteRepository
from lab.git.urls import normalize
from lab.kit.clock import Clock, timestamp
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import REPOSITORY, Object, metadata, name_of, namespace_of
from lab.kube.queue import WorkQueue
from lab.orchestrators.builtin.conditions import Condition, condition_of, with_conditions
from lab.orchestrators.builtin.credentials import CredentialFault, Remotes
from lab.orchestrators.builtin.discovery import Shelf
from lab.orchestrators.builtin.finalizers import has_finalizer, set_finalizer
from lab.orchestrators.builtin.git_steps import Order
from lab.orchestrators.builtin.refs import HEADS, OWN_BRANCHES
from lab.orchestrators.builtin.registration import branch_of, cluster_of, overlapping, shelf_of
from lab.orchestrators.builtin.revision import Key, Revision
from lab.orchestrators.builtin.revisions import Revisions
from lab.orchestrators.builtin.shelf_store import ShelfStore
from lab.orchestrators.builtin.telling import shown_name

FINALIZER = "config.porch.kpt.dev/repository"


class RepositoryFault(Exception):
    """What keeps a Repository from being ready, for its condition."""


class RepositoryController:
    """Keeps a shelf for every Repository and its condition true; `period` is the time between two looks, in seconds."""

    def __init__(
        self,
        client: KubeClient,
        cache: Mapping[Key, Object],
        revisions: Revisions,
        remotes: Remotes,
        open_shelf: Callable[[Shelf, RemoteRepository], ShelfStore],
        bus: EventBus,
        clock: Clock,
        period: float,
    ) -> None:
        self._client = client
        self._cache = cache
        self._revisions = revisions
        self._remotes = remotes
        self._open_shelf = open_shelf
        self._bus = bus
        self._clock = clock
        self._period = period
        self._failures: dict[Key, int] = {}
        self._at_branch: dict[tuple[str, str, str], set[Key]] = defaultdict(set)
        self._state: dict[Key, tuple[str, str]] = {}
        self._looked: dict[Key, asyncio.Event] = {}
        told = (record.event for record in bus.records)
        self._introduced = {event.repository for event in told if isinstance(event, RepositoryChanged)}
        self.queue: WorkQueue[Key] = WorkQueue(self.reconcile, failed=self._failed, workers=16)
        self.on_change: list[Callable[[str, str], None]] = []
        revisions.listeners.append(self._heard)

    def changed(self, change: str, obj: Object) -> None:
        """An informer's news of a Repository."""
        key = namespace_of(obj), name_of(obj)
        place = branch_of(shelf_of(key, obj))
        if change == "DELETED":
            self._at_branch[place].discard(key)
            self._now(key, None)
        else:
            self._at_branch[place].add(key)
            self._now(key, (str(condition_of(obj, "Ready").get("status") or ""), cluster_of(obj)))
        self.queue.add(key)

    async def first_look(self) -> None:
        """Return when every Repository that is registered now was looked at once."""
        for key in list(self._cache):
            await self._looked.setdefault(key, asyncio.Event()).wait()

    async def look_again(self, key: Key) -> None:
        """Look at a Repository that is served already, now; what goes wrong is said at its own next look."""
        store = self._revisions.shelves.get(key)
        if store is not None:
            try:
                await store.look()
            except (GitFailure, LabError):
                self.queue.add(key)

    def pushed(self, url: str) -> None:
        """Somebody pushed to this URL: look at its Repositories soon."""
        meant = normalize(url)
        for (_, known, _), keys in self._at_branch.items():
            if known == meant:
                for key in keys:
                    self.queue.add(key)

    async def reconcile(self, key: Key) -> float | None:
        """Bring one Repository up to date; returns the seconds until the next look."""
        obj = self._cache.get(key)
        if obj is None or metadata(obj).get("deletionTimestamp"):
            await self._unregister(key, obj)
            return None
        if not has_finalizer(obj, FINALIZER):
            try:
                await set_finalizer(self._client, REPOSITORY, obj, FINALIZER, present=True)
            except KubeError as error:
                if not error.conflict:
                    raise
                # Somebody else wrote first: the informer's news brings the Repository here again.
                return 1.0
        self._introduce(key, obj)
        try:
            shelf = await self._look(key, obj)
        except (GitFailure, LabError, RepositoryFault, CredentialFault) as error:
            await self._report(key, obj, None, _text(error))
            self._count_failure(key, _text(error))
        else:
            self._failures.pop(key, None)
            await self._report(key, obj, shelf, "")
        finally:
            self._looked.setdefault(key, asyncio.Event()).set()
        return self._period

    async def _look(self, key: Key, obj: Object) -> ShelfStore:
        spec = obj.get("spec") or {}
        git = spec.get("git") or {}
        if spec.get("type", "git") != "git" or not git.get("repo"):
            raise RepositoryFault("only repositories of the type git, with spec.git.repo, can be served")
        shelf = shelf_of(key, obj)
        self._refuse_overlap(key, obj, shelf)
        remote, fresh = await self._remotes.registered(key, str(git["repo"]), _secret(git))
        store = self._revisions.shelves.get(key)
        if store is None or fresh or store.shelf != shelf:
            store = self._open_shelf(shelf, remote)
            known = self._revisions.shelves.get(key)
            if known is not None:
                # The revisions on show stay there until the new look has found what differs.
                store.revisions = known.revisions
        create = bool(git.get("createBranch"))
        if not create:
            await self._need_branch(store)
        await store.look()
        self._revisions.shelves[key] = store
        if not create:
            await self._need_branch(store)
        elif shelf.tracked.main not in store.refs:
            order = Order("", self._clock.now(), shelf.author, shelf.email)
            what = f"create branch {shelf.tracked.branch}"
            await store.write(what, lambda refs: store.steps.first_commit(refs, order))
        return store

    async def _need_branch(self, store: ShelfStore) -> None:
        """Raises GitMissing, before anything is shown, where people have branches but not the one that is tracked.

        A repository without any branch of people is new: the first publication makes the branch.
        """
        tracked = store.shelf.tracked
        refs = store.refs if tracked.main in store.refs else await store.git.refs()
        if tracked.main not in refs and any(r.startswith(HEADS) and not r.startswith(OWN_BRANCHES) for r in refs):
            raise GitMissing(f'branch "{tracked.branch}" doesn\'t exist: reference not found')

    def _refuse_overlap(self, key: Key, obj: Object, mine: Shelf) -> None:
        """Two Repositories of one namespace must not hold the same packages; the older one stays."""
        keys = self._at_branch.get(branch_of(mine), ())
        other = overlapping(key, obj, {known: self._cache[known] for known in keys if known in self._cache})
        if other is not None:
            raise RepositoryFault(f"Repository conflict with existing repository: {other[0]}/{other[1]}")

    async def _unregister(self, key: Key, obj: Object | None) -> None:
        shelf = self._revisions.forget(*key)
        self._remotes.forget(key)
        self._failures.pop(key, None)
        self._looked.setdefault(key, asyncio.Event()).set()
        if obj is not None and has_finalizer(obj, FINALIZER):
            await set_finalizer(self._client, REPOSITORY, obj, FINALIZER, present=False)
        if shelf is not None or obj is not None:
            self._bus.publish(RepositoryRemoved(shown_name(*key)))

    def _introduce(self, key: Key, obj: Object) -> None:
        """Tell of a Repository before anything in it is told: whether a cluster pulls it decides what its news mean."""
        name, about = shown_name(*key), shelf_of(key, obj)
        if name not in self._introduced:
            self._introduced.add(name)
            facts = (name, about.url, about.tracked.branch, about.deployment, about.cluster)
            self._bus.publish(RepositoryChanged(*facts, False, "Repository reconciliation in progress"))

    async def _report(self, key: Key, obj: Object, shelf: ShelfStore | None, fault: str) -> None:
        about = shelf_of(key, obj)
        self._bus.publish(
            RepositoryChanged(
                shown_name(*key), about.url, about.tracked.branch, about.deployment, about.cluster, not fault, fault
            )
        )
        status = self._status(obj, shelf, fault)
        if status != (obj.get("status") or {}):
            patch = {"status": status}
            await self._client.patch(REPOSITORY, key[1], patch, namespace=key[0], subresource="status")

    def _status(self, obj: Object, shelf: ShelfStore | None, fault: str) -> dict[str, Any]:
        known: dict[str, Any] = dict(obj.get("status") or {})
        generation = int(metadata(obj).get("generation") or 1)
        now = timestamp(self._clock.now())
        ready = Condition("Ready", not fault, "Error" if fault else "Ready", fault or "Repository Ready")
        status = known | {
            "conditions": with_conditions(known.get("conditions") or (), [ready], generation=generation, now=now),
            "observedGeneration": generation,
        }
        if shelf is not None:
            packages = {revision.package for revision in shelf.revisions.values()}
            facts = {"packageCount": len(packages)}
            head = shelf.refs.get(shelf.shelf.tracked.main)
            found = facts | ({"gitCommitHash": head} if head else {})
            status |= found
            if any(known.get(field) != value for field, value in found.items()):
                status["lastFullSyncTime"] = now
        return status

    def _now(self, key: Key, state: tuple[str, str] | None) -> None:
        """Tell whoever depends on a Repository when it became ready, was lost or got another cluster."""
        if self._state.get(key) == state:
            return
        if state is None:
            self._state.pop(key, None)
        else:
            self._state[key] = state
        for hear in self.on_change:
            hear(*key)

    def _count_failure(self, key: Key, text: str) -> None:
        count = self._failures[key] = self._failures.get(key, 0) + 1
        if count & (count - 1) == 0:
            self._bus.publish(Retried(f"look at Repository {shown_name(*key)}", count, text, self._period))

    def _failed(self, key: Key, error: Exception, attempt: int, wait: float) -> None:
        self._looked.setdefault(key, asyncio.Event()).set()
        self._bus.publish(Retried(f"reconcile Repository {shown_name(*key)}", attempt, _text(error), wait))

    def _heard(self, revision: Revision) -> None:
        # What the status counts and names changes with the branch only, and with it the placeholders.
        key = revision.namespace, revision.repository
        if revision.placeholder and key in self._cache:
            self.queue.add(key)


def ready(obj: Object) -> bool:
    """Whether a Repository says that it is ready."""
    return condition_of(obj, "Ready").get("status") == "True"


def _secret(git: Mapping[str, Any]) -> str:
    return str((git.get("secretRef") or {}).get("name") or "")


def _text(error: Exception) -> str:
    if isinstance(error, GitFailure):
        return error.message
    if isinstance(error, LabError):
        return f"{error.what} {error.why}".strip()
    return str(error) or type(error).__name__
