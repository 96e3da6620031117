"""Profile `embedded`: everything in one process, without Docker; the same wiring on real and on virtual time.

Order of start: journal, API servers, Git with its blueprints, the management cluster's kinds, the orchestrator; then
every cluster with its simulator. Agents come by themselves, when their Deployments do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from lab.apiserver.core.later import Delays
from lab.apiserver.model_files import InstalledModels
from lab.apiserver.persist.key_files import KeyFiles, KeyMemory
from lab.apiserver.persist.sqlite import SqliteStore
from lab.apiserver.serve.http1 import Server, serve
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.serve.tls import server_context
from lab.apiserver.server import ApiServer
from lab.apiserver.simulate.simulator import Simulator
from lab.clusters.embedded import HOST, EmbeddedClusters
from lab.errors.base import LabError
from lab.events.bus import EventBus
from lab.events.journal import Journal
from lab.events.kinds import LabStarted, LabStopped, PartChanged
from lab.events.records import Record
from lab.events.watching import BusObserver
from lab.git_hosts.embedded.host import EmbeddedGitHost
from lab.kit.clock import Clock
from lab.kube import kubeconfig
from lab.model.fidelity import Fidelity
from lab.model.names import deployment_repository
from lab.model.spec import MANAGEMENT, LabSpec
from lab.ports.cluster_provider import Role
from lab.ports.git_host import HostedRepository
from lab.scenarios.bench import Bench
from lab.wiring.admission import workload_admission
from lab.wiring.agents import AgentLauncher
from lab.wiring.git_side import git_credentials, listen, publish_blueprints
from lab.wiring.management import ManagementSide
from lab.wiring.ports_file import PortsFile
from lab.wiring.questions import Questions

log = logging.getLogger(__name__)

DELAYS = Delays(established=0.02)
"""As quick as one real API server: code that does not wait for a definition fails, two commands in a row do not."""


class EmbeddedLab:
    """A running lab; make it with `start_embedded`."""

    def __init__(self, spec: LabSpec, folder: Path, *, clock: Clock, sockets: bool, persistent: bool) -> None:
        self.spec = spec
        self._folder = folder
        self._clock = clock
        self._sockets = sockets
        credentials = git_credentials(folder)
        self._journal = Journal(folder / "journal.jsonl") if persistent else None
        self.bus = EventBus(clock, self._journal.open() if self._journal else ())
        if self._journal is not None:
            self.bus.subscribe(self._write_down)
        self._told_start = False
        self.questions = Questions(clock)
        self.ports = PortsFile(folder / "ports.json", persistent=persistent)
        store = SqliteStore(folder / "api.sqlite") if persistent else None
        keys = KeyFiles(folder / "keys") if persistent else KeyMemory()
        self.api = ApiServer(clock, store=store, keys=keys, delays=DELAYS, read_model=InstalledModels())
        self.clusters = EmbeddedClusters(self.api, lambda: self._server.port if self._server else 0)
        self.git = EmbeddedGitHost(
            folder / "git",
            credentials,
            port=self.ports.wanted("git", spec.git_port),
            on_update=lambda *moved: self._management.pushed(*moved),
        )
        self._management = ManagementSide(spec, self.api, self.clusters, self.git, self.bus, clock)
        self.bench: Bench
        self._server: Server | None = None
        self._tasks = asyncio.TaskGroup()
        self._stack = AsyncExitStack()
        self._simulators: dict[str, Simulator] = {}
        self._agents: AgentLauncher

    # -- life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start every part and tell the journal; a part that cannot start raises its LabError."""
        await self._stack.enter_async_context(self._tasks)
        names = tuple(c.name for c in self.spec.clusters)
        # What may be damaged is looked at before anything is told: a start that is refused leaves no trace.
        await self.api.start()
        await listen(self.git, self.spec, self.ports)
        self.bus.publish(LabStarted(self.spec.name, self.spec.profile, MANAGEMENT, names))
        self._told_start = True
        await publish_blueprints(self.git, self.spec, self._clock)
        self._part("git", Fidelity.REAL, self.git.url)
        self._agents = self._launcher()
        await self._start_management()
        for name in self._workloads(names):
            await self._start_workload(name)
        if self._sockets:
            await self.prepare_sockets()
        self.bench = self._make_bench()

    async def stop(self) -> None:
        """Stop every part; state is kept."""
        if self._told_start:
            self.bus.publish(LabStopped(self.spec.name))
        await self._management.stop()
        for name in self._simulators:
            self._agents.forget(name)
        for simulator in self._simulators.values():
            simulator.stop()
        await self._stack.aclose()
        if self._server is not None:
            await self._server.close()
        await self.git.stop()
        await self.api.stop()
        if self._journal is not None:
            self._journal.close()

    async def prepare_sockets(self) -> None:
        """Listen on HTTPS and write the kubeconfig; nothing when both are there. Raises LabError LAB010."""
        if self._server is None:
            port = self.ports.wanted("api", self.spec.api_port)
            try:
                self._server = await serve(self.api, host=HOST, port=port, tls=server_context(self.api))
            except OSError as error:
                why = error.strerror or str(error)
                raise LabError("LAB010", f"Port {port} on {HOST} is taken.", why, ["lab doctor"]) from error
            self.ports.remember("api", self._server.port)
        await self._write_kubeconfig()

    # -- clusters --------------------------------------------------------------------------------------------

    async def add_cluster(self, name: str) -> None:
        """A workload cluster, its deployment repository and its place in the kubeconfig."""
        await self._start_workload(name)
        self._tell_clusters()
        await self._refresh_bench()

    async def remove_cluster(self, name: str) -> None:
        """The cluster is gone with its identities; its repository stays, with its history."""
        self._agents.forget(name)
        simulator = self._simulators.pop(name, None)
        if simulator is not None:
            simulator.stop()
        await self.clusters.delete(name)
        self._tell_clusters()
        await self._refresh_bench()

    # -- things that go away and come back -------------------------------------------------------------------

    async def pause_git(self) -> None:
        """Git cannot be reached."""
        await self.git.pause()

    async def resume_git(self) -> None:
        """Git can be reached again."""
        await self.git.resume()

    async def stop_management(self) -> None:
        """The management cluster is gone."""
        await self._management.go_away()

    async def start_management(self) -> None:
        """The management cluster is back, with everything it had."""
        await self._management.come_back()

    # -- parts -----------------------------------------------------------------------------------------------

    async def _start_management(self) -> None:
        kinds = await self._management.install()
        await self._simulate(MANAGEMENT)
        self._part(MANAGEMENT, Fidelity.STAND_IN, f"API answers, {kinds} kinds installed")
        orchestrator = await self._management.start()
        self._part("porch", orchestrator.fidelity, "")

    async def _start_workload(self, name: str) -> None:
        await self.clusters.create(name, Role.WORKLOAD)
        self.api.cluster(name).admission.append(workload_admission(strict=self.spec.strict))
        await self.git.create_repository(deployment_repository(name))
        simulator = await self._simulate(name)
        self._agents.follow(name, simulator)
        self._part(name, Fidelity.STAND_IN, "API answers")

    async def _simulate(self, name: str) -> Simulator:
        identity = self.api.fleet.identity(name, "system:kube-controller-manager", ("system:masters",))
        cluster = self.api.cluster(name)
        transport = LocalTransport(self.api, name, identity)
        simulator = Simulator(cluster, transport, self._clock, refuses_image=cannot_be_pulled)
        await simulator.start(self._tasks)
        self._simulators[name] = simulator
        return simulator

    def _write_down(self, record: Record) -> None:
        """Append to the journal; what a full disk refuses stays in memory and goes with the next line."""
        if self._journal is None:
            return
        try:
            self._journal.append(record)
        except OSError as error:
            log.error("LAB012 the journal cannot grow, line %d waits: %s", record.seq, error)  # noqa: TRY400

    def _launcher(self) -> AgentLauncher:
        return AgentLauncher(
            self._tasks,
            account=self.clusters.account,
            route=self.git,
            bus=self.bus,
            clock=self._clock,
            period=self.spec.period,
            strict=self.spec.strict,
            questions=self.questions,
        )

    # -- facts -----------------------------------------------------------------------------------------------

    def _part(self, part: str, fidelity: Fidelity, detail: str) -> None:
        self.bus.publish(PartChanged(part, "up", fidelity, detail))

    def _workloads(self, asked: Sequence[str]) -> list[str]:
        known = [name for name in self.api.fleet.names() if name != MANAGEMENT]
        return list(dict.fromkeys([*asked, *known]))

    def _tell_clusters(self) -> None:
        names = tuple(self._workloads([n for n in self._simulators if n != MANAGEMENT]))
        self.bus.publish(LabStarted(self.spec.name, self.spec.profile, MANAGEMENT, names))

    async def _write_kubeconfig(self) -> None:
        contexts = {}
        for name in [MANAGEMENT, *(n for n in self._simulators if n != MANAGEMENT)]:
            access = await self.clusters.find(name)
            if access is not None:
                contexts[name] = (access.server, access.credentials)
        kubeconfig.write(self._folder / "kubeconfig", contexts, current=MANAGEMENT)

    def _make_bench(self) -> Bench:
        async def change_clusters(name: str, wanted: bool) -> None:
            await (self.add_cluster(name) if wanted else self.remove_cluster(name))

        return Bench(
            spec=self.spec,
            folder=self._folder,
            clock=self._clock,
            clusters={},
            observer=BusObserver(self.bus),
            git_credentials=self.git.credentials,
            capabilities=self.clusters.capabilities,
            repository=self.repository,
            change_clusters=change_clusters,
        )

    async def repository(self, name: str) -> HostedRepository:
        """The repository, made when missing."""
        return await self.git.create_repository(name)

    async def _refresh_bench(self) -> None:
        if self._server is not None:
            await self._write_kubeconfig()
        self.bench.clusters.clear()
        for name in [MANAGEMENT, *self._simulators]:
            access = await self.clusters.find(name)
            if access is not None:
                self.bench.clusters[name] = access


def cannot_be_pulled(image: str) -> bool:
    """Whether the simulator refuses an image: one of a host below `.invalid`, which by definition does not exist."""
    host, slash, _rest = image.partition("/")
    return bool(slash) and host.partition(":")[0].endswith(".invalid")


async def start_embedded(
    spec: LabSpec, folder: Path, *, clock: Clock, sockets: bool = True, persistent: bool = True
) -> EmbeddedLab:
    """A running lab in `folder`. Without `sockets` nothing listens but Git; without `persistent` nothing is kept.

    Raises LabError: a port is taken, a database or journal is damaged, the folder cannot be written.
    """
    lab = EmbeddedLab(spec, folder, clock=clock, sockets=sockets, persistent=persistent)
    try:
        await lab.start()
    except BaseException:
        await lab.stop()
        raise
    await lab._refresh_bench()
    return lab
