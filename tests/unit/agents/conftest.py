"""A workload cluster, its bare repository and the agent, on a loop with virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from dulwich.repo import Repo

from lab.agents.builtin.agent import BuiltinAgent
from lab.apiserver.core.identity import ADMIN, Identity, UserInfo
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.apiserver.simulate.simulator import Simulator
from lab.events.bus import EventBus
from lab.events.kinds import Event
from lab.git.remote import RemoteRepository
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop
from lab.kube.client import KubeClient
from lab.kube.paths import ROOT_SYNC, Kind
from lab.manifests import load
from lab.ports.workload import WorkloadCluster

SYSTEM = "config-management-system"
URL = "http://git.lab.example/lab/my-ran.git"
AGENT_USER = f"system:serviceaccount:{SYSTEM}:reconciler-manager"
GROUPS = ("system:serviceaccounts", f"system:serviceaccounts:{SYSTEM}", "system:authenticated")
E = TypeVar("E", bound=Event)


class Route:
    """Leads the URL to the bare repository; `down` makes the host unreachable."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.down = False

    def path(self, url: str) -> Path | None:
        """The bare repository behind a URL."""
        if self.down:
            raise ConnectionError("Connection refused")
        return self.folder if url == URL else self.folder.parent / "nothing.git"


class Line(LocalTransport):
    """The agent's way to its API server, which can be cut."""

    cut = False
    requests = 0
    last: int | None = None
    """After so many requests nothing is answered any more."""

    async def open(self, *what: Any, **how: Any) -> Any:
        """One request, or ConnectionError while the line is cut."""
        self.requests += 1
        if self.last is not None and self.requests > self.last:
            await asyncio.Event().wait()
        if self.cut:
            raise ConnectionError("Connection refused")
        return await super().open(*what, **how)


class Bench:
    """The agent's world, and a person who commits, looks and interferes."""

    def __init__(self, api: ApiServer, loop: VirtualTimeLoop, folder: Path) -> None:
        self.api = api
        self.loop = loop
        self.clock = LoopClock(loop)
        self.bus = EventBus(self.clock)
        self.route = Route(folder)
        self.client = KubeClient(LocalTransport(api, "my-ran", ADMIN), user_agent="kubectl-edit")
        self.repository = RemoteRepository(str(folder))
        self.tip: str | None = None
        self.files: dict[str, bytes] = {}
        self._commits = 0
        self._agent: asyncio.Task[None] | None = None
        self.line: Line | None = None

    # -- the person at the repository ------------------------------------------------------------------------

    async def commit(self, changes: Mapping[str, str | None], *, branch: str = "main") -> str:
        """Commit files (None: removed) to the branch."""
        for path, text in changes.items():
            if text is None:
                self.files.pop(path, None)
            else:
                self.files[path] = text.encode()
        self._commits += 1
        at = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(minutes=self._commits)
        made = self.repository.write_commit(
            base_tree_of=None,
            replace={"": self.files},
            parents=[self.tip] if self.tip else [],
            author="Ada <ada@example.com>",
            committer="Ada <ada@example.com>",
            authored=at,
            committed=at,
            message=f"commit {self._commits}\n",
        )
        await self.repository.push({f"refs/heads/{branch}": (self.tip, made)})
        self.tip = made
        return made

    # -- the person at the cluster ---------------------------------------------------------------------------

    async def bootstrap(self) -> None:
        """Apply configsync.yaml."""
        for obj in load.parse(load.configsync_yaml(cluster="my-ran", image="lab:dev")):
            await self.apply(obj)
        await self.until(lambda: self.served("configsync.gke.io/v1beta1", "RootSync"))

    async def root_sync(
        self, *, name: str = "root-sync", annotations: Mapping[str, str] | None = None, **git: Any
    ) -> None:
        """Apply a RootSync; keywords replace fields of `spec.git`, `format` and `override` go to the spec."""
        spec: dict[str, Any] = {"sourceFormat": git.pop("format", "unstructured")}
        if not spec["sourceFormat"]:
            del spec["sourceFormat"]
        if "override" in git:
            spec["override"] = git.pop("override")
        spec["git"] = {"repo": URL, "branch": "main", "dir": "/", "auth": "none", "period": "15s", **git}
        meta = {"name": name, "namespace": SYSTEM, "annotations": dict(annotations or {})}
        await self.apply(
            {"apiVersion": "configsync.gke.io/v1beta1", "kind": "RootSync", "metadata": meta, "spec": spec}
        )

    async def apply(self, obj: dict[str, Any]) -> None:
        """Server-side apply as a person would."""
        kind = None
        while kind is None:
            kind = await self.client.kind_for(obj["apiVersion"], obj["kind"])
            if kind is None:
                await asyncio.sleep(0.05)
        await self.client.apply(kind, obj, manager="kubectl", force=True)

    async def served(self, api_version: str, kind: str) -> bool:
        """Whether the cluster serves a kind."""
        return await self.client.kind_for(api_version, kind, refresh=True) is not None

    async def get(self, kind: Kind, name: str, namespace: str = "") -> dict[str, Any] | None:
        """A live object."""
        return await self.client.get(kind, name, namespace)

    async def status(self, name: str = "root-sync") -> dict[str, Any]:
        """The RootSync's status."""
        found = await self.client.get(ROOT_SYNC, name, SYSTEM)
        return (found or {}).get("status") or {}

    async def word(self, name: str = "root-sync") -> str:
        """The RootSync's word."""
        found = await self.client.get(ROOT_SYNC, name, SYSTEM)
        return str((found or {})["metadata"].get("annotations", {}).get("lab.nephio.org/status", ""))

    # -- the agent -------------------------------------------------------------------------------------------

    def start_agent(self, *, strict: bool = False, bus: EventBus | None = None) -> BuiltinAgent:
        """Run the agent as its ServiceAccount."""
        identity = Identity(UserInfo(AGENT_USER, GROUPS), cluster="my-ran")
        self.line = Line(self.api, "my-ran", identity)
        cluster = WorkloadCluster("my-ran", self.line)
        agent = BuiltinAgent(
            cluster, git_route=self.route, bus=bus or self.bus, clock=self.clock, period_default=15.0, strict=strict
        )
        self._agent = self.loop.create_task(agent.run())
        return agent

    async def stop_agent(self) -> None:
        """End the agent as a process ends."""
        if self._agent is not None:
            self._agent.cancel()
            await asyncio.wait([self._agent])
            self._agent = None

    # -- looking ---------------------------------------------------------------------------------------------

    async def until(self, question: Callable[[], Awaitable[Any] | Any], within: float = 60.0) -> Any:
        """Wait until the answer is true and return it."""
        end = self.loop.time() + within
        while True:
            if self._agent is not None and self._agent.done():
                self._agent.result()
            answer = question()
            if isinstance(answer, Awaitable):
                answer = await answer
            if answer:
                return answer
            assert self.loop.time() < end, f"not within {within} s; seen: {self.told()}"
            await asyncio.sleep(0.05)

    async def synced(self, commit: str | None = None, within: float = 60.0) -> None:
        """Wait until the RootSync is SYNCED at a commit, the newest by default."""
        wanted = commit or self.tip

        async def reached() -> bool:
            return (await self.status()).get("lastSyncedCommit") == wanted and await self.word() == "SYNCED"

        await self.until(reached, within)

    def events(self, kind: type[E]) -> list[E]:
        """The facts of one kind."""
        return [record.event for record in self.bus.records if isinstance(record.event, kind)]

    def told(self) -> list[str]:
        """The last facts, for a failing test."""
        return [str(record.event) for record in self.bus.records[-6:]]

    @contextmanager
    def new_events(self) -> Iterator[list[Event]]:
        """The facts published inside the block."""
        found: list[Event] = []
        stop = self.bus.subscribe(lambda record: found.append(record.event))
        try:
            yield found
        finally:
            stop()


Scenario = Callable[[Bench], Awaitable[None]]


@pytest.fixture
def on_bench(tmp_path: Path) -> Callable[..., None]:
    """Runs a scenario on a bench; `simulated` workloads become ready there, `bootstrapped` is configsync.yaml."""

    def run(scenario: Scenario, *, bootstrapped: bool = True, simulated: bool = False, seed: int | None = None) -> None:
        folder = tmp_path / "my-ran.git"
        Repo.init_bare(str(folder), mkdir=True).close()
        loop = VirtualTimeLoop(seed)

        async def main() -> None:
            api = ApiServer(LoopClock(loop))
            await api.start()
            api.fleet.create("my-ran")
            async with asyncio.TaskGroup() as tasks:
                simulator = await _simulator(api, tasks) if simulated else None
                bench = Bench(api, loop, folder)
                if bootstrapped:
                    await bench.bootstrap()
                try:
                    await scenario(bench)
                finally:
                    await bench.stop_agent()
                    if simulator is not None:
                        simulator.stop()
            await api.stop()

        try:
            loop.run_until_complete(main())
        finally:
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    return run


async def _simulator(api: ApiServer, tasks: asyncio.TaskGroup) -> Simulator:
    identity = api.fleet.identity("my-ran", "system:kube-controller-manager", ("system:masters",))
    simulator = Simulator(
        api.cluster("my-ran"),
        LocalTransport(api, "my-ran", identity),
        api.clock,
        refuses_image=lambda image: "missing" in image,
    )
    await simulator.start(tasks)
    return simulator
