"""Profile `embedded`: everything in one process, without Docker; the same wiring on real and on virtual time.

Order of start: journal, API servers, Git with its blueprints, the management cluster's kinds, the orchestrator; then
every cluster with its simulator. Agents come by themselves, when their Deployments do.
"""

from __future__ import annotations

import asyncio
import errno
import importlib.resources
import logging
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from lab.apiserver.core.faults import Fault
from lab.apiserver.core.later import Delays
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
from lab.git.remote import RemoteRepository
from lab.git.seed import publish_folder
from lab.git_hosts.embedded.host import EmbeddedGitHost
from lab.kit.clock import Clock
from lab.kit.files import write_atomic
from lab.kube import kubeconfig
from lab.kube.applying import apply_objects
from lab.kube.client import KubeClient
from lab.manifests import load as manifests
from lab.model.fidelity import Fidelity
from lab.model.names import BLUEPRINTS, deployment_repository
from lab.model.spec import MANAGEMENT, LabSpec
from lab.orchestrators.builtin.admission import api_admission
from lab.orchestrators.builtin.orchestrator import BuiltinOrchestrator
from lab.ports.cluster_provider import Role
from lab.ports.git_host import Credentials, HostedRepository
from lab.ports.management import ManagementCluster
from lab.scenarios.bench import Bench
from lab.wiring.admission import workload_admission
from lab.wiring.agents import AgentLauncher
from lab.wiring.ports_file import PortsFile
from lab.wiring.questions import Questions

log = logging.getLogger(__name__)

DELAYS = Delays(established=0.02)
"""As quick as one real API server: code that does not wait for a definition fails, two commands in a row do not."""
GIT_USER = "nephio"
ORCHESTRATOR_ACCOUNT = ("porch-system", "porch-controllers")
AUTHOR = "Blueprints <blueprints@lab.invalid>"


class EmbeddedLab:
    """A running lab; make it with `start_embedded`."""

    def __init__(self, spec: LabSpec, folder: Path, *, clock: Clock, sockets: bool, persistent: bool) -> None:
        self.spec = spec
        self._folder = folder
        self._clock = clock
        self._sockets = sockets
        credentials = self._git_credentials()
        self._journal = Journal(folder / "journal.jsonl") if persistent else None
        self.bus = EventBus(clock, self._journal.open() if self._journal else ())
        if self._journal is not None:
            self.bus.subscribe(self._write_down)
        self._told_start = False
        self.questions = Questions(clock)
        self.ports = PortsFile(folder / "ports.json", persistent=persistent)
        store = SqliteStore(folder / "api.sqlite") if persistent else None
        keys = KeyFiles(folder / "keys") if persistent else KeyMemory()
        self.api = ApiServer(clock, store=store, keys=keys, delays=DELAYS)
        self.clusters = EmbeddedClusters(self.api, lambda: self._server.port if self._server else 0)
        self.git = EmbeddedGitHost(
            folder / "git",
            credentials,
            port=self.ports.wanted("git", spec.git_port),
            on_update=self._pushed,
        )
        self.bench: Bench
        self._server: Server | None = None
        self._tasks = asyncio.TaskGroup()
        self._stack = AsyncExitStack()
        self._simulators: dict[str, Simulator] = {}
        self._agents: AgentLauncher
        self._orchestrator: BuiltinOrchestrator | None = None
        self._management_away: Fault | None = None

    # -- life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start every part and tell the journal; a part that cannot start raises its LabError."""
        await self._stack.enter_async_context(self._tasks)
        names = tuple(c.name for c in self.spec.clusters)
        # What may be damaged is looked at before anything is told: a start that is refused leaves no trace.
        await self.api.start()
        await self._listen_for_git()
        for damaged in self.git.damaged.values():
            raise damaged
        self.bus.publish(LabStarted(self.spec.name, self.spec.profile, MANAGEMENT, names))
        self._told_start = True
        await self._start_git()
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
        if self._orchestrator is not None:
            await self._orchestrator.stop()
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
        """The management cluster is gone: its API breaks every connection and its orchestrator ends."""
        if self._management_away is None:
            self._management_away = self.api.faults.add(Fault(cluster=MANAGEMENT, disconnect=True))
            if self._orchestrator is not None:
                await self._orchestrator.stop()
                self._orchestrator = None
            self.api.cluster(MANAGEMENT).close_watches()

    async def start_management(self) -> None:
        """The management cluster is back, with everything it had."""
        if self._management_away is not None:
            self.api.faults.remove(self._management_away)
            self._management_away = None
            await self._start_orchestrator()

    # -- parts -----------------------------------------------------------------------------------------------

    async def _listen_for_git(self) -> None:
        """Serve Git. Raises LabError LAB010, also where somebody took the port between binding and listening."""
        port = self.ports.wanted("git", self.spec.git_port)
        try:
            await self.git.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            why = error.strerror or str(error)
            raise LabError("LAB010", f"Port {port} on {HOST} is taken.", why, ["lab doctor"]) from error

    async def _start_git(self) -> None:
        self.ports.remember("git", int(self.git.url.rpartition(":")[2]))
        hosted = await self.git.create_repository(BLUEPRINTS)
        repository = RemoteRepository(hosted.push_url, credentials=self.git.credentials, route=self.git)
        try:
            if not await repository.refs():
                await publish_folder(repository, self._blueprints(), at=self._clock.now(), author=AUTHOR)
        finally:
            repository.close()
        self._part("git", Fidelity.REAL, self.git.url)

    async def _start_management(self) -> None:
        access = await self.clusters.create(MANAGEMENT, Role.MANAGEMENT)
        self.api.cluster(MANAGEMENT).admission.append(api_admission(strict=self.spec.strict))
        await self._simulate(MANAGEMENT)
        kube = KubeClient(access.transport)
        kinds = manifests.crds("management")
        await apply_objects(kube, [*kinds, *manifests.orchestrator_objects()])
        self._part(MANAGEMENT, Fidelity.STAND_IN, f"API answers, {len(kinds) + 2} kinds installed")
        await self._start_orchestrator()

    async def _start_orchestrator(self) -> None:
        transport = self.clusters.account(MANAGEMENT, *ORCHESTRATOR_ACCOUNT)
        orchestrator = BuiltinOrchestrator(
            ManagementCluster(MANAGEMENT, transport),
            serve_virtual=self.api.cluster(MANAGEMENT).serve_virtual,
            git_route=self.git,
            bus=self.bus,
            clock=self._clock,
            folder=None,
            strict=self.spec.strict,
            period=self.spec.period,
        )
        await orchestrator.start()
        self._orchestrator = orchestrator
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

    def _pushed(self, repository: str, _ref: str, _old: str | None, _new: str | None) -> None:
        """As a webhook of the host: a published blueprint is seen at once. Deployment repositories tell nobody."""
        if repository == BLUEPRINTS and self._orchestrator is not None:
            self._orchestrator.pushed(f"{self.git.url}/nephio/{repository}.git")

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

    def _blueprints(self) -> Path:
        if self.spec.packages:
            return Path(self.spec.packages)
        return Path(str(importlib.resources.files("lab") / "blueprints"))

    def _git_credentials(self) -> Credentials:
        file = self._folder / "keys" / "git-token"
        if not file.exists():
            write_atomic(file, secrets.token_urlsafe(24), mode=0o600)
        return Credentials(GIT_USER, file.read_text())

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
