"""The pull agent of one workload cluster: reads RootSyncs from its own cluster and serves each of them.

It knows one cluster, through the transport that it is given, and whatever Git URL a RootSync names. Nothing ever
connects to it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import replace
from functools import partial
from pathlib import Path

from lab.agents.builtin.parts import Surroundings
from lab.agents.builtin.reconciler import Reconciler
from lab.agents.builtin.root_sync import FINALIZER, RootSyncObject
from lab.agents.builtin.status import SyncState, resumed
from lab.agents.builtin.sync_spec import SyncSpec, read_spec
from lab.agents.builtin.teardown import Teardown
from lab.events.bus import EventBus
from lab.events.kinds import AgentStarted, AgentStopped, Retried, SyncRemoved
from lab.git.remote import RemoteRepository
from lab.kit.clock import Clock
from lab.kube.client import KubeClient, KubeError
from lab.kube.informer import Informer
from lab.kube.paths import RESOURCE_GROUP, ROOT_SYNC, Object, name_of, namespace_of
from lab.kube.queue import WorkQueue
from lab.model.fidelity import Fidelity
from lab.ports.git_host import Credentials, LocalRoute
from lab.ports.workload import WorkloadCluster
from lab.reconcile.metadata import FIELD_MANAGER, SYSTEM_NAMESPACE

Key = tuple[str, str]
Served = tuple[int, str]
"""What makes a new reconciler necessary: generation and deletion policy."""

FIRST_RESTART = 1.0
LONGEST_RESTART = 60.0

LOGGER = "lab.agents.builtin"
"""Each agent logs to `<LOGGER>.<cluster>`, in lines as its pod would print them."""


class BuiltinAgent:
    """Config Sync's manager and its root reconcilers in one; fits `lab.ports.sync_agent.SyncAgent`.

    `git_route` is the way to repositories of this very process, None in a pod. `period_default` is the time in seconds
    between two polls where a RootSync names none. `strict` refuses what Config Sync would refuse. Repositories that are
    fetched over the network lie below `git_folder`, or in memory when None.
    """

    def __init__(
        self,
        cluster: WorkloadCluster,
        *,
        git_route: LocalRoute | None,
        bus: EventBus,
        clock: Clock,
        period_default: float = 15.0,
        strict: bool = False,
        git_folder: Path | None = None,
    ) -> None:
        self._cluster = cluster.name
        self._bus = bus
        self._period_default = period_default
        self._client = KubeClient(cluster.transport, user_agent=FIELD_MANAGER)
        self._log = logging.getLogger(f"{LOGGER}.{cluster.name}")
        opened = partial(_open_repository, git_route, git_folder)
        self._around = Surroundings(cluster.name, self._client, bus, clock, self._log, strict, opened)
        self._queue: WorkQueue[Key] = WorkQueue(self._reconcile, failed=self._failed, workers=4)
        self._informer = Informer(self._client, ROOT_SYNC, self._saw)
        self._group: asyncio.TaskGroup | None = None
        self._running: dict[Key, tuple[Served, asyncio.Task[None]]] = {}
        self._specs: dict[Key, SyncSpec] = {}

    @property
    def fidelity(self) -> Fidelity:
        """A stand-in for Config Sync."""
        return Fidelity.STAND_IN

    async def run(self) -> None:
        """Serve every RootSync of the cluster until cancelled."""
        self._bus.publish(AgentStarted(self._cluster))
        self._log.info("agent of cluster %s started", self._cluster)
        reason = ""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._informer.run())
                group.create_task(self._queue.run())
                group.create_task(self._release_orphans())
        except ExceptionGroup as failures:
            reason = "; ".join(f"{type(error).__name__}: {error}" for error in failures.exceptions)
            self._log.exception("agent of cluster %s failed", self._cluster)
            raise
        finally:
            self._group = None
            self._running.clear()
            self._log.info("agent of cluster %s stopped", self._cluster)
            self._bus.publish(AgentStopped(self._cluster, reason))

    # -- RootSyncs come, change and go -----------------------------------------------------------------------

    def _saw(self, _change: str, obj: Object) -> None:
        self._queue.add((namespace_of(obj), name_of(obj)))

    async def _reconcile(self, key: Key) -> None:
        obj = self._informer.cache.get(key)
        if obj is None:
            await self._removed(key)
            return
        spec = read_spec(obj, period_default=self._period_default)
        if obj["metadata"].get("deletionTimestamp"):
            await self._finalize(key, spec, obj)
            return
        served = (spec.generation, spec.deletion_policy)
        running = self._running.get(key)
        if running is not None and running[0] == served and not running[1].done():
            return
        await self._stop(key)
        holder = RootSyncObject(self._client, self._around.clock, obj, self._log)
        await holder.hold(obj, hold=spec.foreground)
        self._start(key, spec, obj, served)

    def _start(self, key: Key, spec: SyncSpec, obj: Object, served: Served) -> None:
        assert self._group is not None
        self._specs[key] = spec
        self._running[key] = (served, self._group.create_task(self._serve(key, spec, obj)))

    async def _serve(self, key: Key, spec: SyncSpec, obj: Object) -> None:
        """Run the reconciler of one RootSync; one that fails begins anew, as a pod does, and harms no other."""
        attempt = 0
        while True:
            try:
                await Reconciler(self._around, spec, self._informer.cache.get(key, obj)).run()
            except Exception as error:
                attempt += 1
                wait = min(FIRST_RESTART * 2.0 ** (attempt - 1), LONGEST_RESTART)
                self._log.exception("the reconciler of %s/%s failed; it begins anew in %.0fs", *key, wait)
                self._bus.publish(Retried(f"serve RootSync {key[1]} on {self._cluster}", attempt, str(error), wait))
                await asyncio.sleep(wait)

    async def _stop(self, key: Key) -> None:
        running = self._running.pop(key, None)
        if running is not None:
            running[1].cancel()
            await asyncio.wait([running[1]])

    async def _finalize(self, key: Key, spec: SyncSpec, obj: Object) -> None:
        """A RootSync is being deleted: delete what it manages, where that is asked for, then let it go."""
        if FINALIZER not in (obj["metadata"].get("finalizers") or []):
            return
        await self._stop(key)
        holder = RootSyncObject(self._client, self._around.clock, obj, self._log)
        state = resumed(holder.status)
        await holder.show(_finalizing(state), spec)
        teardown = self._teardown(spec)
        await (teardown.delete_all() if spec.foreground else teardown.release_all())
        await holder.hold(obj, hold=False)

    async def _removed(self, key: Key) -> None:
        """A RootSync is gone: what it left behind is released."""
        await self._stop(key)
        spec = self._specs.get(key)
        if spec is None:
            return
        if key[0] == SYSTEM_NAMESPACE:
            await self._teardown(spec).release_all()
        del self._specs[key]
        self._bus.publish(SyncRemoved(self._cluster, key[1]))
        self._log.info("RootSync %s/%s is gone", *key)

    async def _release_orphans(self) -> None:
        """Release what RootSyncs left behind that were deleted while no agent ran."""
        await self._informer.synced.wait()
        try:
            groups, _version = await self._client.list(
                RESOURCE_GROUP, SYSTEM_NAMESPACE, labels="configsync.gke.io/sync-kind=RootSync"
            )
            for group in groups:
                if (SYSTEM_NAMESPACE, name_of(group)) not in self._informer.cache:
                    orphan = {"metadata": {"name": name_of(group), "namespace": SYSTEM_NAMESPACE}}
                    await self._teardown(read_spec(orphan, period_default=self._period_default)).release_all()
                    self._bus.publish(SyncRemoved(self._cluster, name_of(group)))
        except (KubeError, ConnectionError, TimeoutError) as error:
            self._log.warning("inventories without RootSync could not be looked at: %s", error)

    def _teardown(self, spec: SyncSpec) -> Teardown:
        return Teardown(self._client, spec.name, spec.mark(self._cluster), self._log)

    def _failed(self, key: Key, error: Exception, attempt: int, wait: float) -> None:
        self._log.error("RootSync %s/%s: %s (again in %.2fs)", *key, error, wait)
        self._bus.publish(Retried(f"serve RootSync {key[1]} on {self._cluster}", attempt, str(error), wait))


def _finalizing(state: SyncState) -> SyncState:
    return replace(state, finalizing=True)


def _folder_for(folder: Path | None, spec: SyncSpec) -> Path | None:
    return None if folder is None else folder / spec.name / hashlib.sha256(spec.url.encode()).hexdigest()[:16]


def _open_repository(
    route: LocalRoute | None, folder: Path | None, spec: SyncSpec, credentials: Credentials | None
) -> RemoteRepository:
    return RemoteRepository(spec.url, credentials=credentials, route=route, folder=_folder_for(folder, spec))
