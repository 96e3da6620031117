"""The builtin orchestrator: Porch's API and the controllers around it, on the management cluster alone.

It is a stand-in for Porch and the Nephio controllers: the same objects, the same Git layout, other software.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from lab.apiserver.core.resource import Resource
from lab.events.bus import EventBus
from lab.events.kinds import Retried
from lab.git.remote import RemoteRepository
from lab.kit.clock import Clock
from lab.kube.client import KubeClient
from lab.kube.informer import Informer
from lab.kube.paths import (
    CLUSTER_CONTEXT,
    PACKAGE_VARIANT,
    REPOSITORY,
    WORKLOAD_CLUSTER,
    Kind,
    Object,
    namespace_of,
)
from lab.model.fidelity import Fidelity
from lab.orchestrators.builtin.approval_controller import ApprovalController
from lab.orchestrators.builtin.contents import Contents
from lab.orchestrators.builtin.context_controller import ContextController
from lab.orchestrators.builtin.creation import Creation
from lab.orchestrators.builtin.credentials import Remotes
from lab.orchestrators.builtin.discovery import Shelf
from lab.orchestrators.builtin.engine import Engine
from lab.orchestrators.builtin.ensuring import Ensuring
from lab.orchestrators.builtin.objects import PACKAGE_REVISION_RESOURCES, PACKAGE_REVISIONS
from lab.orchestrators.builtin.recorder import Recorder
from lab.orchestrators.builtin.rendering import Renderer
from lab.orchestrators.builtin.repository_controller import RepositoryController
from lab.orchestrators.builtin.resources_backend import ResourcesBackend
from lab.orchestrators.builtin.revision_backend import PackageRevisionBackend
from lab.orchestrators.builtin.revisions import Projection, Revisions
from lab.orchestrators.builtin.shelf_store import ShelfStore
from lab.orchestrators.builtin.telling import Teller
from lab.orchestrators.builtin.variant_controller import VariantController
from lab.orchestrators.builtin.variant_index import VariantIndex
from lab.ports.git_host import LocalRoute
from lab.ports.management import ManagementCluster

log = logging.getLogger(__name__)

USER = "system:serviceaccount:porch-system:porch-controllers"
"""The author of what controllers do. Source: Porch, ServiceAccount of its controllers."""


class ServeVirtual(Protocol):
    """Has the management cluster serve a kind whose truth is here."""

    def __call__(self, resource: Resource, backend: PackageRevisionBackend | ResourcesBackend) -> Projection:
        """The projection from which reads are answered."""
        ...


async def _nothing(_point: str) -> None:
    """Between two steps nothing happens."""


class BuiltinOrchestrator:
    """Serves PackageRevisions and reconciles Repositories, PackageVariants, ClusterContexts and approvals.

    `folder` keeps copies of repositories between runs (None: in memory); `period` is the time between two looks at a
    Repository, in seconds; `reached` is told each point between two steps, for tests that end the world there.
    """

    def __init__(
        self,
        management: ManagementCluster,
        *,
        serve_virtual: ServeVirtual,
        git_route: LocalRoute | None,
        bus: EventBus,
        clock: Clock,
        folder: Path | None,
        strict: bool,
        period: float,
        reached: Callable[[str], Awaitable[None]] = _nothing,
    ) -> None:
        self._bus = bus
        self._reached = reached
        self._client = KubeClient(management.transport, user_agent="porch-controllers")
        self._serve_virtual = serve_virtual
        self._clock = clock
        self._contents = Contents()
        self._remotes = Remotes(self._client, git_route, folder)
        teller = Teller(bus)
        self.revisions = Revisions(teller)
        self.engine = Engine(self.revisions, Renderer(), Creation(self.revisions, self._remotes.passing), teller, bus)
        self._variants = VariantIndex()
        self._informers = self._informed()
        repositories = self._informers[REPOSITORY].cache
        self._repositories = RepositoryController(
            self._client, repositories, self.revisions, self._remotes, self._shelf, bus, clock, period
        )
        self._contexts = ContextController(self._client, variants=self._variants, repositories=repositories, bus=bus)
        self._ensuring = self._variant_controller(strict)
        self._approvals = ApprovalController(
            self.engine, self._ensuring.variant_ready, Recorder(self._client, clock), bus, clock, USER
        )
        self._ensuring.on_ensured.append(self._approvals.look_at)
        self._repositories.on_change += [self._ensuring.repository_changed, self._contexts.repository_changed]
        self._running: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    def _informed(self) -> dict[Kind, Informer]:
        handlers: tuple[tuple[Kind, Callable[[str, Object], None]], ...] = (
            (REPOSITORY, self._repository_changed),
            (CLUSTER_CONTEXT, self._context_changed),
            (WORKLOAD_CLUSTER, self._context_changed),
            (PACKAGE_VARIANT, self._variant_changed),
        )
        return {kind: Informer(self._client, kind, handler) for kind, handler in handlers}

    def _variant_controller(self, strict: bool) -> VariantController:
        return VariantController(
            self._client,
            variants=self._variants,
            repositories=self._informers[REPOSITORY].cache,
            ensuring=Ensuring(self.engine, self._client, self._bus, USER),
            settled=self._contexts.settled,
            look_again=self._repositories.look_again,
            bus=self._bus,
            clock=self._clock,
            strict=strict,
        )

    @property
    def fidelity(self) -> Fidelity:
        """A stand-in."""
        return Fidelity.STAND_IN

    async def start(self) -> None:
        """Serve, and return when every Repository was looked at once. Raises what ended it before that."""
        revisions = self._serve_virtual(PACKAGE_REVISIONS, PackageRevisionBackend(self.engine, self._clock))
        resources = self._serve_virtual(PACKAGE_REVISION_RESOURCES, ResourcesBackend(self.engine, self._clock))
        self.revisions.show_in(revisions, resources)
        self._ready.clear()
        running = self._running = asyncio.create_task(self._run(), name="orchestrator")
        running.add_done_callback(_say_if_broken)
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await running

    async def stop(self) -> None:
        """End every controller."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    def pushed(self, url: str) -> None:
        """A hint, given on the loop: somebody pushed to a repository, which is read now instead of at its next turn."""
        self._repositories.pushed(url)

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for informer in self._informers.values():
                    group.create_task(informer.run())
                for informer in self._informers.values():
                    await informer.synced.wait()
                group.create_task(self._repositories.queue.run())
                await self._repositories.first_look()
                self.revisions.show_all()
                group.create_task(self._contexts.queue.run())
                group.create_task(self._ensuring.queue.run())
                group.create_task(self._approvals.queue.run())
                self._ready.set()
        finally:
            for shelf in self.revisions.shelves.values():
                shelf.close()
            self._remotes.close()

    def _shelf(self, shelf: Shelf, remote: RemoteRepository) -> ShelfStore:
        return ShelfStore(
            shelf,
            remote,
            self._contents,
            reached=self._reached,
            retried=lambda what, attempt, error, wait: self._tell_retry(what, attempt, error, wait),
            publish=self.revisions.publish,
        )

    def _tell_retry(self, what: str, attempt: int, error: Exception, wait: float) -> None:
        self._bus.publish(Retried(what, attempt, str(error), wait))

    def _repository_changed(self, change: str, obj: Object) -> None:
        self._repositories.changed(change, obj)

    def _variant_changed(self, change: str, obj: Object) -> None:
        key = self._variants.note(change, obj)
        self._contexts.queue.add(key)
        self._ensuring.queue.add(key)

    def _context_changed(self, change: str, obj: Object) -> None:
        self._contexts.context_changed(change, obj)
        self._ensuring.facts_changed(namespace_of(obj))


def _say_if_broken(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and running.exception() is not None:
        log.error("the orchestrator ended by a bug", exc_info=running.exception())
