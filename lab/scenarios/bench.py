"""The bench: four ports, wired and running, as the flow, the scenarios and the command line hold them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lab.errors.base import LabError
from lab.events.board import Board
from lab.events.watching import Observer
from lab.kit.clock import Clock
from lab.kube.client import KubeClient
from lab.model.names import BLUEPRINTS, deployment_repository
from lab.model.spec import MANAGEMENT, ClusterSpec, LabSpec
from lab.ports.cluster_provider import Capability, ClusterAccess
from lab.ports.git_host import Credentials, HostedRepository, LocalRoute

AGENT_IMAGE = "nephio-lab:0.1.0"
"""The image that configsync.yaml names; on `embedded` nothing runs in pods and the lab server runs the agent."""


class Controls(Protocol):
    """What a scenario may do to the world that a lab stands in; only some profiles can, and all of it is idempotent."""

    async def pause_git(self) -> None:
        """Git cannot be reached from anywhere: connections are refused."""
        ...

    async def resume_git(self) -> None:
        """Git can be reached again, at the same address, with everything it had."""
        ...

    async def stop_management(self) -> None:
        """The management cluster is gone, its API and its controllers; workload clusters and Git go on."""
        ...

    async def start_management(self) -> None:
        """The management cluster is back with everything it had; returns when its API answers."""
        ...

    async def prepare_sockets(self) -> None:
        """Every API server listens, and `kubeconfig` in the lab's folder names them: for programs of other people."""
        ...


@dataclass(slots=True)
class Bench:
    """A running lab. `clusters` holds the management cluster under `mgmt` and every workload cluster.

    `repository` makes or finds a repository; `change_clusters` adds (True) or removes (False) a cluster and keeps
    `clusters` up to date. `route` reaches Git without a socket where Git lives in this process; `controls` is None
    where the world cannot be changed; `environment` is what programs of other people are started with.
    A person's keys to every cluster are here, which is why orchestrators and agents are not.
    """

    spec: LabSpec
    folder: Path
    clock: Clock
    clusters: dict[str, ClusterAccess]
    observer: Observer
    git_credentials: Credentials = field(repr=False)
    capabilities: frozenset[Capability]
    repository: Callable[[str], Awaitable[HostedRepository]]
    change_clusters: Callable[[str, bool], Awaitable[None]]
    specs: dict[str, ClusterSpec] = field(default_factory=dict)
    let_go: Callable[[], Awaitable[None]] | None = None
    route: LocalRoute | None = field(default=None, repr=False)
    controls: Controls | None = field(default=None, repr=False)
    environment: Callable[[], Mapping[str, str]] = field(default=dict, repr=False)
    _clients: dict[str, KubeClient] = field(default_factory=dict, repr=False)

    @property
    def board(self) -> Board:
        """Where everything stands."""
        return self.observer.board

    @property
    def management(self) -> KubeClient:
        """The management cluster as its admin."""
        return self.kube(MANAGEMENT)

    def kube(self, cluster: str) -> KubeClient:
        """A cluster as its admin. Raises LabError LAB024."""
        access = self.clusters.get(cluster)
        if access is None:
            known = ", ".join(self.clusters)
            raise LabError(
                "LAB024",
                f'There is no cluster "{cluster}" in lab {self.spec.name}.',
                f"Here: {known}.",
                ["lab cluster list"],
            )
        client = self._clients.get(cluster)
        if client is None:
            client = self._clients[cluster] = KubeClient(access.transport, user_agent="lab")
        return client

    def cluster_spec(self, cluster: str) -> ClusterSpec:
        """How a workload cluster is described; a bare description for one that lab.yaml does not name."""
        return self.specs.get(cluster) or self.spec.cluster(cluster) or ClusterSpec(cluster)

    async def deployment(self, cluster: str) -> HostedRepository:
        """The deployment repository of a cluster."""
        return await self.repository(deployment_repository(cluster))

    async def blueprints(self) -> HostedRepository:
        """The repository of blueprints."""
        return await self.repository(BLUEPRINTS)

    async def close(self) -> None:
        """Let go of connections; the lab goes on."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()
        if self.let_go is not None:
            await self.let_go()
