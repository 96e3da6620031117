"""Inside one lab server on real time: from commit to ready less the poll wait, drift back, and more clusters.

python benchmarks/flow.py [CLUSTERS]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from bars import report

from lab.events import kinds
from lab.kit.clock import SystemClock
from lab.kube.paths import NAMESPACE
from lab.model.spec import ClusterSpec, LabSpec
from lab.model.stage import Stage
from lab.scenarios import flow
from lab.scenarios.bench import Bench
from lab.scenarios.growing import add_cluster
from lab.scenarios.running import run_flows
from lab.wiring.embedded import start_embedded
from lab.wiring.lab_file import load as default_lab


async def main(more: int) -> None:
    spec: LabSpec = replace(default_lab(None), api_port=0, git_port=0)
    with tempfile.TemporaryDirectory(prefix="lab-flow-") as folder:
        lab = await start_embedded(spec, Path(folder), clock=SystemClock())
        lab.bench.route = lab.git
        try:
            await run_flows(lab.bench, lambda _name, _text, _took: None)
            _commit_to_ready(lab.bench)
            await _drift(lab.bench)
            await _more(lab.bench, more)
        finally:
            await lab.bench.close()
            await lab.stop()


def _commit_to_ready(bench: Bench) -> None:
    for trail in bench.board.current_trails():
        at = {stage: trail.passage(stage).at for stage in (Stage.PULL, Stage.READY)}
        took = (at[Stage.READY] - at[Stage.PULL]).total_seconds()  # type: ignore[operator]
        report(f"{trail.package}: pulled to ready", took, "s", bar=0.5)


async def _drift(bench: Bench, times: int = 5) -> None:
    kube = bench.kube("my-ran")
    took = []
    for number in range(times):
        before = sum(isinstance(n.event, kinds.DriftCorrected) for n in bench.board.noted)
        began = time.perf_counter()
        patch = {"metadata": {"labels": {"nephio.org/site-code": f"nowhere-{number}"}}}
        await kube.patch(NAMESPACE, "openairinterface", patch)
        while sum(isinstance(n.event, kinds.DriftCorrected) for n in bench.board.noted) == before:
            await bench.observer.changed(5.0)
        took.append(time.perf_counter() - began)
    report("drift back", median(took), "s", bar=1.0, goal=0.3)


async def _more(bench: Bench, count: int) -> None:
    took = []
    for number in range(count):
        began = time.perf_counter()
        cluster = ClusterSpec(f"more-{number:03}", f"site-{number:03}", ("calico", "macvlan"))
        await add_cluster(bench, cluster, flows=True, bootstrapped=True)
        took.append(time.perf_counter() - began)
        await flow.verify(bench, cluster.name)
    report(f"one more cluster with its flows ({count} added)", median(took), "s", bar=1.0)
    report("the slowest of them", max(took), "s", bar=1.0)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
