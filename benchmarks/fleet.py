"""A fleet in one lab server: clusters with their agents in one process, one package each, one repository each.

`python benchmarks/fleet.py [N] [--period S] [--memory] [--profile]` prints seconds, CPU and memory of each step:
start of the lab, registration, agents, publish to ready on all (N PackageVariants are applied; every draft is
rendered, approved and published, every agent pulls it), and commit to ready on all (a commit is made in every
repository; the clock starts when the last one is there). Bars: 1 GiB, 120 s, the period plus 15 s.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import pstats
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bars import report

from lab.events.kinds import PackageNotReady, PackageReady
from lab.events.records import Record
from lab.git.remote import RemoteRepository
from lab.kit.clock import SystemClock
from lab.kube.applying import apply_objects
from lab.manifests import load as manifests
from lab.model.names import BLUEPRINTS, deployment_repository
from lab.model.spec import ClusterSpec, Flow, LabSpec
from lab.scenarios import flow
from lab.wiring.embedded import EmbeddedLab, start_embedded

PACKAGE = "cluster-baseline"
FILE = f"{PACKAGE}/namespaces.yaml"
MAIN = "refs/heads/main"
AUTHOR = "Bench <bench@example.com>"
AT_ONCE = 16


def resident() -> float:
    """MiB of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


class Ready:
    """Which clusters have their package ready, and at which commit."""

    def __init__(self) -> None:
        self.commits: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.news = asyncio.Event()

    def see(self, record: Record) -> None:
        """Take one record in."""
        event = record.event
        if isinstance(event, PackageReady) and event.directory == PACKAGE:
            self.commits[event.cluster] = event.commit
            self.refused.pop(event.cluster, None)
            self.news.set()
        elif isinstance(event, PackageNotReady):
            self.refused[event.cluster] = event.reason

    async def all_of(self, wanted: dict[str, str | None], limit: float) -> None:
        """Wait until every cluster is ready, at the given commit where one is given."""
        async with asyncio.timeout(limit):
            while not all(
                name in self.commits and commit in (None, self.commits[name]) for name, commit in wanted.items()
            ):
                self.news.clear()
                await self.news.wait()


class Steps:
    """Prints a line per step."""

    def __init__(self, profile: bool) -> None:
        self._profile = profile
        self._worst = 0.0
        self._watch: asyncio.Task[None] | None = None

    @contextmanager
    def step(self, title: str, bar: float = 0.0) -> Iterator[None]:
        """One step; `bar` is what it may take in seconds."""
        profiler = cProfile.Profile() if self._profile else None
        wall, cpu = time.monotonic(), time.process_time()
        self._worst = 0.0
        if profiler:
            profiler.enable()
        try:
            yield
        finally:
            if profiler:
                profiler.disable()
            took, used = time.monotonic() - wall, time.process_time() - cpu
            wanted = f"bar {bar:.0f} s" if bar else ""
            memory = f"{resident():7.0f} MiB  loop held {self._worst:5.2f} s"
            print(f"{title:34} {took:8.1f} s  {used:8.1f} s CPU  {memory}  {wanted}".rstrip(), flush=True)
            if profiler:
                pstats.Stats(profiler).sort_stats("tottime").print_stats(45)

    async def watch_loop(self) -> None:
        """Note how long the loop is held at worst."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.02)
            self._worst = max(self._worst, time.monotonic() - before - 0.02)


async def each(names: list[str], work: object) -> None:
    """Do the same for every cluster, a few at a time."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with turn:
            await work(name)  # type: ignore[operator]

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(one(name))


async def commit_everywhere(lab: EmbeddedLab, names: list[str]) -> dict[str, str | None]:
    """One commit in every repository: the package's namespaces get a label. Returns the commits."""
    made: dict[str, str | None] = {}
    now = lab.bench.clock.now()

    async def commit(name: str) -> None:
        hosted = await lab.bench.deployment(name)
        repository = RemoteRepository(hosted.push_url, credentials=lab.git.credentials, route=lab.git)
        tip = (await repository.fetch())[MAIN]
        files = repository.files(tip, PACKAGE)
        key = FILE.rpartition("/")[2]
        files[key] = files[key].replace(b"metadata:\n", b"metadata:\n  annotations: {bench: changed}\n", 1)
        new = repository.write_commit(
            base_tree_of=tip,
            replace={PACKAGE: files},
            parents=[tip],
            author=AUTHOR,
            committer=AUTHOR,
            authored=now,
            committed=now,
            message="Label the namespaces\n",
        )
        await repository.push({MAIN: (tip, new)})
        repository.close()
        made[name] = new

    await each(names, commit)
    return made


async def run(number: int, folder: Path, *, profile: bool, period: float, persistent: bool) -> None:
    """The whole measurement."""
    names = [f"edge-{at:04}" for at in range(number)]
    spec = LabSpec(
        "fleet",
        "embedded",
        tuple(ClusterSpec(name, site=name) for name in names),
        tuple(Flow(PACKAGE, name, {"cluster-name": name}) for name in names),
        packages="",
        period=period,
    )
    steps = Steps(profile)
    watch = asyncio.create_task(steps.watch_loop())
    print(f"{number} clusters, period {period:g} s, {'kept on disk' if persistent else 'nothing kept'}")
    with steps.step("lab started with its clusters"):
        lab = await start_embedded(spec, folder, clock=SystemClock(), sockets=False, persistent=persistent)
    lab.bench.route = lab.git
    ready = Ready()
    lab.bus.subscribe(ready.see)
    try:
        await measure(lab, names, steps, ready, period)
    finally:
        with steps.step("stopped"):
            await lab.bench.close()
            await lab.stop()
        watch.cancel()


async def measure(lab: EmbeddedLab, names: list[str], steps: Steps, ready: Ready, period: float) -> None:
    """The steps on a running lab."""
    bench = lab.bench
    everyone: dict[str, str | None] = dict.fromkeys(names)
    with steps.step("repositories and contexts"):
        await register(lab, names)
    with steps.step("agents installed and pointed"):
        await each(names, lambda name: install(lab, name))
    with steps.step("published to ready on all", 120):
        variants = [manifests.parse(flow.variant_text(one)) for one in bench.spec.flows]
        for number in range(0, len(variants), 50):
            await apply_objects(bench.management, [obj for part in variants[number : number + 50] for obj in part])
        await ready.all_of(everyone, 1800)
    gc.collect()
    with steps.step(f"quiet for two periods of {period:g} s"):
        await asyncio.sleep(2 * period)
    with steps.step("a commit in every repository"):
        commits = await commit_everywhere(lab, names)
    with steps.step("committed to ready on all", period + 15):
        await ready.all_of(commits, 600)
    with steps.step(f"quiet for a period of {period:g} s"):
        await asyncio.sleep(period)
    print(f"events {len(lab.bus.records)}, refused {len(ready.refused)}")
    report(f"memory with {len(names)} clusters", resident(), "MiB", bar=1024 * len(names) / 1000)


async def register(lab: EmbeddedLab, names: list[str]) -> None:
    """Repositories and ClusterContexts, as a person would apply them in two files; waits until all are Ready."""
    bench = lab.bench
    await flow._give_git_key(bench)
    blueprints = await bench.blueprints()
    repositories = [manifests.repository_yaml(name=BLUEPRINTS, url=blueprints.pull_url, secret=flow.GIT_SECRET)]
    for name in names:
        url = (await bench.deployment(name)).pull_url
        text = manifests.repository_yaml(
            name=deployment_repository(name), url=url, cluster=name, secret=flow.GIT_SECRET
        )
        repositories.append(text)
    texts = [*repositories, *(flow.context_text(bench, name) for name in names)]
    for number in range(0, len(texts), 50):
        await apply_objects(bench.management, manifests.parse("---\n".join(texts[number : number + 50])))
    while sum(one.ready for one in bench.board.repositories.values()) <= len(names):
        await bench.observer.changed(60)


async def install(lab: EmbeddedLab, name: str) -> None:
    """The two files of the agent."""
    for text in (await flow.bootstrap_files(lab.bench, name)).values():
        await apply_objects(lab.bench.kube(name), manifests.parse(text))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clusters", type=int, nargs="?", default=1000)
    parser.add_argument("--period", type=float, default=15.0, help="seconds between two polls of an agent")
    parser.add_argument("--memory", action="store_true", help="keep nothing on disk")
    parser.add_argument("--profile", action="store_true", help="also print where the time goes")
    arguments = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, most), most))
    folder = Path(tempfile.mkdtemp(prefix="fleet-"))
    try:
        asyncio.run(
            run(
                arguments.clusters,
                folder,
                profile=arguments.profile,
                period=arguments.period,
                persistent=not arguments.memory,
            )
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
