"""A management cluster, Git repositories, the orchestrator and a person, on a loop with virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from dulwich.repo import Repo

from lab.apiserver.core.identity import ADMIN, Identity, UserInfo
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.events.bus import EventBus
from lab.events.kinds import Event
from lab.git.remote import RemoteRepository
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop
from lab.kube.client import KubeClient
from lab.kube.paths import CRD, PACKAGE_REVISION, PACKAGE_REVISION_RESOURCES, PACKAGE_VARIANT, REPOSITORY, Kind
from lab.manifests import load
from lab.orchestrators.builtin.admission import api_admission
from lab.orchestrators.builtin.orchestrator import USER, BuiltinOrchestrator
from lab.ports.management import ManagementCluster

HOST = "http://git.lab.example/lab"
GROUPS = ("system:serviceaccounts", "system:serviceaccounts:porch-system", "system:authenticated")
E = TypeVar("E", bound=Event)
T = TypeVar("T")

KPTFILE = """\
apiVersion: kpt.dev/v1
kind: Kptfile
metadata:
  name: cluster-baseline
  annotations:
    config.kubernetes.io/local-config: "true"
pipeline:
  mutators:
    - image: apply-setters:v0.2.0
      configMap:
        tier: base
"""
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: openairinterface
  labels:
    cluster: example # kpt-set: ${cluster-name}
    site: nowhere # kpt-set: ${site-code}
    tier: none # kpt-set: ${tier}
"""
CONTEXT_FILE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: kptfile.kpt.dev
  annotations:
    config.kubernetes.io/local-config: "true"
data:
  name: example
"""
BASELINE = {"Kptfile": KPTFILE, "namespace.yaml": NAMESPACE, "package-context.yaml": CONTEXT_FILE}


class Killed(BaseException):
    """The process died at a chosen point."""


class Route:
    """Leads URLs to bare repositories; hosts can be down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.down = False

    def path(self, url: str) -> Path | None:
        """The bare repository behind a URL."""
        if self.down:
            raise ConnectionError("Connection refused")
        return self.folder / url.rpartition("/")[2]


HOSTED = Route(Path())
"""Stands for the bench's own repositories."""


class MortalTransport:
    """A transport whose process dies before or after its n-th write; `die` is None for one that lives."""

    def __init__(self, inner: LocalTransport) -> None:
        self._inner = inner
        self.writes = 0
        self.die: tuple[str, int] | None = None
        self.died = asyncio.Event()

    async def request(self, method: str, path: str, **options: Any) -> Any:
        """One request."""
        if method == "GET":
            return await self._inner.request(method, path, **options)
        self.writes += 1
        self._maybe("before")
        reply = await self._inner.request(method, path, **options)
        self._maybe("after")
        return reply

    async def open(self, method: str, path: str, **options: Any) -> Any:
        """One stream."""
        return await self._inner.open(method, path, **options)

    async def close(self) -> None:
        """Let go."""
        await self._inner.close()

    def _maybe(self, moment: str) -> None:
        if self.die == (moment, self.writes):
            self.died.set()
            raise Killed(moment)


class Bench:
    """The orchestrator's world."""

    def __init__(self, loop: VirtualTimeLoop, folder: Path) -> None:
        self.loop = loop
        self.clock = LoopClock(loop)
        self.folder = folder
        self.route = Route(folder)
        self.bus = EventBus(self.clock)
        self.api = ApiServer(self.clock)
        self.client: KubeClient
        self.orchestrator: BuiltinOrchestrator | None = None
        self.at_point: Callable[[str], Coroutine[Any, Any, None]] | None = None
        self.die_at: Callable[[str], bool] = lambda _: False
        self._pushes = 0

    # -- the machine ------------------------------------------------------------------------------------------

    async def up(self, *, strict: bool = False) -> None:
        """A management cluster with the lab's definitions, and a person at it."""
        await self.api.start()
        made = self.api.fleet.create("mgmt")
        if isinstance(made, Coroutine):
            await made
        self.client = self.person("ada")
        for definition in load.crds("management"):
            await self.client.create(CRD, definition)
        await asyncio.sleep(1)
        self.api.cluster("mgmt").admission.append(api_admission(strict=strict))
        for obj in load.orchestrator_objects():
            await self.create(obj)
        for name in ("nephio-blueprints", "nephio-my-ran"):
            self.git(name)

    def git(self, name: str) -> RemoteRepository:
        """A hosted repository, made when missing."""
        path = self.folder / f"{name}.git"
        if not path.exists():
            path.mkdir()
            Repo.init_bare(str(path), default_branch=b"main").close()
        return RemoteRepository(str(path))

    def person(self, name: str) -> KubeClient:
        """A cluster admin of that name."""
        return KubeClient(LocalTransport(self.api, "mgmt", Identity(UserInfo(name, ADMIN.user.groups))))

    async def start(
        self, *, die: tuple[str, int] | None = None, route: Route | None = HOSTED, folder: Path | None = None
    ) -> None:
        """Start the orchestrator, as a new process that has the journal; with `die` it dies at that write."""
        self.bus = EventBus(self.clock, self.bus.records)
        identity = Identity(UserInfo(USER, GROUPS))
        self.transport = MortalTransport(LocalTransport(self.api, "mgmt", identity))
        self.orchestrator = BuiltinOrchestrator(
            ManagementCluster("mgmt", self.transport),
            serve_virtual=self.api.cluster("mgmt").serve_virtual,
            git_route=self.route if route is HOSTED else route,
            bus=self.bus,
            clock=self.clock,
            folder=folder,
            strict=False,
            period=15.0,
            reached=self._reached,
        )
        self.transport.die = die
        try:
            await self.orchestrator.start()
        except BaseExceptionGroup:
            if not self.transport.died.is_set():
                raise

    async def stop(self) -> None:
        """Stop the orchestrator."""
        if self.orchestrator is not None:
            await self.orchestrator.stop()
            self.orchestrator = None

    async def restart(self) -> None:
        """A new process on the same Git and the same objects."""
        await self.stop()
        await self.start()

    async def _reached(self, point: str) -> None:
        if self.die_at(point):
            raise Killed(point)
        if self.at_point is not None:
            await self.at_point(point)

    # -- the person -------------------------------------------------------------------------------------------

    async def create(self, obj: dict[str, Any]) -> dict[str, Any]:
        """Create an object in the namespace default."""
        kind = await self.client.kind_for(obj["apiVersion"], obj["kind"])
        assert kind is not None
        namespace = obj["metadata"].get("namespace") or ("default" if kind.namespaced else "")
        return await self.client.create(kind, obj, namespace=namespace)

    async def register(self, name: str, **options: Any) -> None:
        """Register a repository."""
        for obj in load.parse(load.repository_yaml(name=name, url=f"{HOST}/{name}.git", **options)):
            await self.create(obj)

    async def publish(
        self, files: Mapping[str, str] = BASELINE, *, version: int = 1, name: str = "cluster-baseline"
    ) -> None:
        """A person's new version of a blueprint: a commit on main and a tag."""
        repository = self.git("nephio-blueprints")
        refs = await repository.fetch()
        self._pushes += 1
        at = datetime(2029, 12, 31, tzinfo=UTC) + timedelta(minutes=self._pushes)
        head = refs.get("refs/heads/main")
        commit = repository.write_commit(
            base_tree_of=head,
            replace={name: {path: text.encode() for path, text in files.items()}},
            parents=[head] if head else [],
            author="Ada <ada@example.com>",
            committer="Ada <ada@example.com>",
            authored=at,
            committed=at,
            message=f"{name} v{version}\n",
        )
        await repository.push({"refs/heads/main": (head, commit), f"refs/tags/{name}/v{version}": (None, commit)})

    async def both_published(self) -> None:
        """Register the blueprints and my-ran's repository, with the baseline published."""
        await self.publish()
        await self.register("nephio-blueprints")
        await self.register("nephio-my-ran", cluster="my-ran")

    async def both(self) -> None:
        """The same, and wait until the orchestrator is ready for them."""
        await self.both_published()
        await self.until(lambda: self.ready(REPOSITORY, "nephio-my-ran"))
        await self.until(lambda: self.ready(REPOSITORY, "nephio-blueprints"))

    async def variant(self, **options: Any) -> dict[str, Any]:
        """Create the variant baseline-my-ran."""
        given: dict[str, Any] = {
            "name": "baseline-my-ran",
            "upstream_repository": "nephio-blueprints",
            "package": "cluster-baseline",
            "workspace": "v1",
            "downstream_repository": "nephio-my-ran",
            "setters": {"cluster-name": "my-ran"},
        }
        more = options.pop("spec", {})
        (obj,) = load.parse(load.packagevariant_yaml(**(given | options)))
        obj["spec"].update(more)
        return await self.create(obj)

    async def context(self, **options: Any) -> dict[str, Any]:
        """Create my-ran's ClusterContext."""
        (obj,) = load.parse(load.clustercontext_yaml(**{"name": "my-ran", "site_code": "site-ran-01", **options}))
        return await self.create(obj)

    # -- looking ----------------------------------------------------------------------------------------------

    async def get(self, kind: Kind, name: str) -> dict[str, Any]:
        """A live object; fails when it is not there."""
        found = await self.client.get(kind, name, "default")
        assert found is not None, name
        return found

    async def revision(self, name: str) -> dict[str, Any] | None:
        """A PackageRevision, or None."""
        return await self.client.get(PACKAGE_REVISION, name, "default")

    async def files(self, name: str) -> dict[str, str]:
        """The files of a PackageRevision."""
        found = await self.get(PACKAGE_REVISION_RESOURCES, name)
        return dict(found["spec"]["resources"])

    async def condition(self, kind: Kind, name: str, type: str) -> dict[str, Any]:
        """A condition of an object, empty without one."""
        found = await self.client.get(kind, name, "default") or {}
        conditions = found.get("status", {}).get("conditions", [])
        return next((condition for condition in conditions if condition["type"] == type), {})

    async def ready(self, kind: Kind, name: str) -> bool:
        """Whether the condition Ready is True."""
        return (await self.condition(kind, name, "Ready")).get("status") == "True"

    async def variant_ready(self) -> bool:
        """Whether baseline-my-ran is Ready for its present generation."""
        found = await self.get(PACKAGE_VARIANT, "baseline-my-ran")
        ready = await self.condition(PACKAGE_VARIANT, "baseline-my-ran", "Ready")
        return ready.get("status") == "True" and ready.get("observedGeneration") == found["metadata"]["generation"]

    async def lifecycle(self, name: str) -> str:
        """The state of a revision; empty when it is not there."""
        found = await self.revision(name)
        return found["spec"]["lifecycle"] if found else ""

    def events(self, kind: type[E]) -> list[E]:
        """Everything of a kind that was told, in order."""
        return [record.event for record in self.bus.records if isinstance(record.event, kind)]

    async def refs(self, name: str = "nephio-my-ran") -> dict[str, str]:
        """The refs of a hosted repository, but for HEAD."""
        found = await self.git(name).refs()
        return {ref: commit for ref, commit in found.items() if ref != "HEAD"}

    async def history(self, name: str = "nephio-my-ran") -> list[str]:
        """Subjects of the commits of all branches and tags, newest first."""
        repository = self.git(name)
        refs = await repository.fetch()
        seen: dict[str, str] = {}
        for ref, tip in sorted(refs.items()):
            if ref.startswith(("refs/heads/", "refs/tags/")):
                for info in repository.history(tip):
                    seen[info.id] = info.message.partition("\n")[0]
        return list(seen.values())

    async def until(self, question: Callable[[], Coroutine[Any, Any, bool]], seconds: float = 120.0) -> None:
        """Wait for a state, in the lab's time."""
        async with asyncio.timeout(seconds):
            while not await question():
                await asyncio.sleep(0.1)

    async def settled(self, seconds: float = 1.0) -> None:
        """Let that much of the lab's time pass."""
        await asyncio.sleep(seconds)


@pytest.fixture
def loop() -> Iterator[VirtualTimeLoop]:
    """A loop whose time jumps."""
    loop = VirtualTimeLoop()
    yield loop
    loop.close()


@pytest.fixture
def bench(loop: VirtualTimeLoop, tmp_path: Path) -> Iterator[Bench]:
    """The world, up and without orchestrator."""
    bench = Bench(loop, tmp_path)
    loop.run_until_complete(bench.up())
    yield bench
    loop.run_until_complete(bench.stop())
    loop.run_until_complete(bench.api.stop())


@pytest.fixture
def run(loop: VirtualTimeLoop) -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run a coroutine on the loop."""
    return loop.run_until_complete


@pytest.fixture
def baseline() -> dict[str, str]:
    """The files of the blueprint."""
    return dict(BASELINE)
