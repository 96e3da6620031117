"""Many clusters with agents in one lab server: memory, a commit to all of them, and what one of them costs.

    python benchmarks/fleet.py [CLUSTERS]        (300 unless told; the bar is for 1000)

No sockets but Git's, nothing on disk but Git: what is measured is the lab, not the disk.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bars import report

from lab.events.board import Board
from lab.events.watching import wait_until
from lab.kit.clock import SystemClock
from lab.model.spec import ClusterSpec, Flow
from lab.model.stage import Stage
from lab.scenarios import flow
from lab.scenarios.bench import Bench
from lab.wiring.embedded import start_embedded
from lab.wiring.lab_file import load

PACKAGE = "cluster-baseline"
AT_ONCE = 50
LIMIT = 1800.0


async def main(count: int) -> None:
    names = [f"site-{number:04}" for number in range(count)]
    clusters = tuple(ClusterSpec(name, name, ("calico", "macvlan")) for name in names)
    spec = replace(load(None), name="fleet", clusters=clusters, flows=(), api_port=0, git_port=0)
    with tempfile.TemporaryDirectory(prefix="lab-fleet-") as folder:
        began = time.perf_counter()
        empty = _memory()
        lab = await start_embedded(spec, Path(folder), clock=SystemClock(), sockets=False, persistent=False)
        lab.bench.route = lab.git
        try:
            report(f"{count} API servers and repositories", time.perf_counter() - began, "s")
            await _bring_up(lab.bench, names)
            await _publish(lab.bench, names)
            report(f"memory with {count} clusters", _memory(), "MB", bar=1024 * count / 1000)
            report("of which a cluster", (_memory() - empty) / count, "MB", bar=1.0)
        finally:
            await lab.bench.close()
            await lab.stop()


async def _bring_up(bench: Bench, names: list[str]) -> None:
    """Every cluster described, its agent installed and pointed at its repository."""
    began = time.perf_counter()
    await flow.register(bench, names)
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with limit:
            await flow.describe(bench, name)
            await flow.bootstrap(bench, name)

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(one(name))
    report("Repositories, contexts and agents", time.perf_counter() - began, "s")


async def _publish(bench: Bench, names: list[str]) -> None:
    """One package for everybody: from the first PackageVariant to the last commit, and to ready on all."""
    began, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(flow.declare(bench, Flow(PACKAGE, name)) for name in names))
    await _all(bench, names, Stage.COMMIT)
    committed = time.perf_counter()
    report("PackageVariants to commits in all repositories", committed - began, "s")
    await _all(bench, names, Stage.READY)
    ended = time.perf_counter()
    report("last commit to ready on all", ended - committed, "s", bar=bench.spec.period + 15)
    report("publish to ready on all", ended - began, "s", bar=120)
    report("processor time of it, each cluster", (time.process_time() - processor) / len(names), "s")


async def _all(bench: Bench, names: list[str], stage: Stage) -> None:
    """Return when the package is past the stage on every cluster."""
    left = set(names)

    def arrived(board: Board) -> bool | None:
        left.difference_update([n for n in left if (t := board.trail(PACKAGE, n)) and t.done(stage)])
        return None if left else True

    seen = lambda _board: f"{len(left)} left"  # noqa: E731
    await wait_until(bench.observer, arrived, what=f"{stage} on all", limit=LIMIT, clock=bench.clock, seen=seen)


def _memory() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
