"""The management side of an embedded lab: its kinds, its orchestrator, and how both go away and come back."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.apiserver.core.faults import Fault
from lab.apiserver.server import ApiServer
from lab.clusters.embedded import EmbeddedClusters
from lab.events.bus import EventBus
from lab.git_hosts.embedded.host import EmbeddedGitHost
from lab.kit.clock import Clock
from lab.kube.applying import apply_objects
from lab.kube.client import KubeClient
from lab.manifests import load as manifests
from lab.model.names import BLUEPRINTS
from lab.model.spec import MANAGEMENT, LabSpec
from lab.orchestrators.builtin.admission import api_admission
from lab.orchestrators.builtin.orchestrator import BuiltinOrchestrator
from lab.ports.cluster_provider import Role
from lab.ports.management import ManagementCluster

ORCHESTRATOR_ACCOUNT = ("porch-system", "porch-controllers")
PORCH_KINDS = 2
"""PackageRevision and PackageRevisionResources, which the orchestrator serves itself."""


@dataclass(slots=True)
class ManagementSide:
    """The cluster `mgmt` of a started API server, with the orchestrator that is handed nothing but it and Git."""

    spec: LabSpec
    api: ApiServer
    clusters: EmbeddedClusters
    git: EmbeddedGitHost
    bus: EventBus
    clock: Clock
    _orchestrator: BuiltinOrchestrator | None = field(default=None, init=False)
    _away: Fault | None = field(default=None, init=False)

    async def install(self) -> int:
        """The cluster with the kinds and rights of the management side; returns how many kinds it has of them."""
        access = await self.clusters.create(MANAGEMENT, Role.MANAGEMENT)
        self.api.cluster(MANAGEMENT).admission.append(api_admission(strict=self.spec.strict))
        kinds = manifests.crds("management")
        await apply_objects(KubeClient(access.transport), [*kinds, *manifests.orchestrator_objects()])
        return len(kinds) + PORCH_KINDS

    async def start(self) -> BuiltinOrchestrator:
        """Start the orchestrator, with the rights of its own ServiceAccount."""
        transport = self.clusters.account(MANAGEMENT, *ORCHESTRATOR_ACCOUNT)
        self._orchestrator = BuiltinOrchestrator(
            ManagementCluster(MANAGEMENT, transport),
            serve_virtual=self.api.cluster(MANAGEMENT).serve_virtual,
            git_route=self.git,
            bus=self.bus,
            clock=self.clock,
            folder=None,
            strict=self.spec.strict,
            period=self.spec.period,
        )
        await self._orchestrator.start()
        return self._orchestrator

    async def stop(self) -> None:
        """Stop the orchestrator; Git holds what it knew."""
        if self._orchestrator is not None:
            await self._orchestrator.stop()
            self._orchestrator = None

    async def go_away(self) -> None:
        """The management cluster is gone: its API breaks every connection and its orchestrator ends."""
        if self._away is None:
            self._away = self.api.faults.add(Fault(cluster=MANAGEMENT, disconnect=True))
            await self.stop()
            self.api.cluster(MANAGEMENT).close_watches()

    async def come_back(self) -> None:
        """The management cluster is back, with everything it had."""
        if self._away is not None:
            self.api.faults.remove(self._away)
            self._away = None
            await self.start()

    def pushed(self, repository: str, _ref: str, _old: str | None, _new: str | None) -> None:
        """As a webhook of the host: a published blueprint is seen at once. Deployment repositories tell nobody."""
        if repository == BLUEPRINTS and self._orchestrator is not None:
            self._orchestrator.pushed(f"{self.git.url}/nephio/{repository}.git")
