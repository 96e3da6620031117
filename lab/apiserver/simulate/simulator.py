"""The status simulator of one cluster: its changes wake controllers, each object one at a time; idle costs nothing.

No watch, no task and no timer exists while nothing changes. Each change names the objects that it concerns; a task
works on an object until it is settled, looks again when it is told to, and ends. Writes are bound to the version that
was read: whoever was faster wins, and the object is read again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.quota_admission import QUOTAS
from lab.apiserver.core.store import Event
from lab.apiserver.simulate import (
    claims,
    daemon_sets,
    deployments,
    jobs,
    nodes,
    pod_objects,
    pods,
    quotas,
    replica_sets,
    services,
    stateful_sets,
)
from lab.apiserver.simulate.client import Client, Transport
from lab.apiserver.simulate.concerns import Target, concerned
from lab.apiserver.simulate.logs import PodLogs
from lab.apiserver.simulate.timing import BELIEVABLE, Timing
from lab.apiserver.simulate.workloads import WorkloadCallback, Workloads
from lab.apiserver.simulate.world import Reconcile, RefusesImage, World
from lab.kit.clock import Clock

CONTROLLERS: dict[str, Reconcile] = {
    deployments.DEPLOYMENTS: deployments.reconcile,
    replica_sets.REPLICA_SETS: replica_sets.reconcile,
    stateful_sets.STATEFUL_SETS: stateful_sets.reconcile,
    daemon_sets.DAEMON_SETS: daemon_sets.reconcile,
    jobs.JOBS: jobs.reconcile,
    pod_objects.PODS: pods.reconcile,
    pod_objects.CLAIMS: claims.reconcile,
    claims.VOLUMES: claims.reconcile_volume,
    services.SERVICES: services.reconcile,
}
RETRY, LONGEST_RETRY = 0.05, 5.0
PATIENCE = 20
"""How often an object may change under work before pauses are made."""
_log = logging.getLogger(__name__)


class Simulator:
    """Starts with `start`, ends with `stop` or with the task group that it was given."""

    def __init__(
        self,
        cluster: Cluster,
        transport: Transport,
        clock: Clock,
        *,
        timing: Timing = BELIEVABLE,
        node: str = "",
        refuses_image: RefusesImage = lambda _image: False,
        events: bool = True,
    ) -> None:
        self._cluster = cluster
        self._world = World(
            Client(transport), clock, timing, node or f"{cluster.name}-control-plane", refuses_image, events
        )
        self._controllers = {**CONTROLLERS, QUOTAS: quotas.reconciler(cluster)}
        self._workloads = Workloads()
        self._tasks: asyncio.TaskGroup | None = None
        self._working: dict[Target, asyncio.Task[None]] = {}
        self._again: dict[Target, asyncio.Event] = {}
        self.logs = PodLogs(cluster)
        """The log source of the cluster while the simulator runs."""

    def on_workload(self, callback: WorkloadCallback) -> Callable[[], None]:
        """Hear when a Deployment becomes available or ceases to be; returns how to stop hearing."""
        return self._workloads.subscribe(callback)

    async def start(self, tasks: asyncio.TaskGroup) -> None:
        """Make sure of the node, take up what is there, and follow every change from now on."""
        self._tasks = tasks
        self._cluster.listeners.append(self._heard)
        self._cluster.log_source = self.logs
        await nodes.ensure(self._world)
        self._world.addresses = pod_objects.highest_address(
            entry.object() for entry in self._cluster.table(pod_objects.PODS).entries.values()
        )
        for group_resource, table in self._cluster.tables():
            if group_resource in self._controllers:
                for namespace, name in list(table):
                    self._wake((group_resource, namespace, name))
        for entry in list(self._cluster.table(deployments.DEPLOYMENTS).entries.values()):
            self._workloads.see(entry.object())

    def stop(self) -> None:
        """Follow nothing any more; what is under way is left as it is."""
        if self._heard in self._cluster.listeners:
            self._cluster.listeners.remove(self._heard)
        if self._cluster.log_source is self.logs:
            self._cluster.log_source = None
        for task in list(self._working.values()):
            task.cancel()
        self._tasks = None

    @property
    def idle(self) -> bool:
        """True while nothing is worked on or waited for."""
        return not self._working

    def _heard(self, event: Event) -> None:
        if event.group_resource == "events":
            return
        if event.type == "DELETED":
            self._world.forget(event.new.uid)
        if event.group_resource == deployments.DEPLOYMENTS:
            if event.type == "DELETED":
                self._workloads.gone(*event.key)
            else:
                self._workloads.see(event.new.object())
        for target in concerned(self._cluster, event):
            self._wake(target)

    def _wake(self, target: Target) -> None:
        if self._tasks is None:
            return
        again = self._again.get(target)
        if again is not None:
            again.set()
            return
        self._again[target] = asyncio.Event()
        self._working[target] = self._tasks.create_task(self._work(target))

    async def _work(self, target: Target) -> None:
        """Until the object is settled and nothing about it has changed since."""
        again, failures, rounds = self._again[target], 0, 0
        try:
            while True:
                again.clear()
                wait, failures = await self._once(target, failures)
                if again.is_set():
                    rounds += 1
                    if rounds > PATIENCE:
                        # Two writers undo each other's work: they may, but not without pause.
                        await asyncio.sleep(min(LONGEST_RETRY, RETRY * 2 ** (rounds - PATIENCE)))
                    continue
                if wait is None:
                    return
                rounds = 0
                try:
                    async with asyncio.timeout(wait):
                        await again.wait()
                except TimeoutError:
                    continue
        finally:
            del self._again[target], self._working[target]

    async def _once(self, target: Target, failures: int) -> tuple[float | None, int]:
        group_resource, namespace, name = target
        try:
            return await self._controllers[group_resource](self._world, namespace, name), 0
        except ApiError as refused:
            if refused.code in (403, 404):
                return None, 0
            if refused.code not in (409, 429) and refused.code < 500:
                _log.warning("simulating %s %s/%s: %s", group_resource, namespace, name, refused.message)
                return None, 0
        except ConnectionError:
            pass
        except Exception:
            _log.exception("simulating %s %s/%s", group_resource, namespace, name)
            return None, 0
        return min(LONGEST_RETRY, RETRY * 2**failures), failures + 1
