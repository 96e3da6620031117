"""Every flow of a lab from its first file to the proof on the cluster: safe to repeat, goes on where it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from lab.events.watching import Progress, wait_until
from lab.kube.applying import AppliedObject
from lab.model.spec import Approval, Bootstrap, Flow
from lab.model.stage import Stage
from lab.model.trail import Trail
from lab.scenarios import flow
from lab.scenarios.bench import Bench

REGISTER_LIMIT = 30.0
Tell = Callable[[str, str, float], None]
"""Hears of each act that is done: a short name, what came of it, and the seconds it took."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to a person: `approve` or `bootstrap`, for a package or a cluster."""

    act: str
    name: str
    cluster: str


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of the flows: their trails, the proofs of the clusters, what is left to a person, what was warned."""

    trails: tuple[Trail, ...]
    proofs: tuple[flow.Proof, ...]
    left: tuple[Left, ...]
    warnings: tuple[str, ...]


async def run_flows(bench: Bench, tell: Tell, progress: Progress | None = None) -> Ran:
    """Run every flow of the lab's file. Raises LabError with the code of the stage where a flow stopped."""
    warnings: list[str] = []
    clusters = [c.name for c in bench.spec.clusters]
    began = bench.clock.time()

    def told(name: str, applied: list[AppliedObject], text: str) -> None:
        nonlocal began
        warnings.extend(w for a in applied for w in a.warnings)
        tell(name, text, bench.clock.time() - began)
        began = bench.clock.time()

    applied = await flow.register(bench, clusters)
    await _repositories_ready(bench, len(clusters) + 1, progress)
    told("repositories", applied, f"{len(applied)} Repositories registered")
    for cluster in clusters:
        applied = await flow.describe(bench, cluster)
        told("context", applied, f"ClusterContext {cluster} on mgmt: metadata only, connects nothing")
    applied = [a for f in bench.spec.flows for a in await flow.declare(bench, f)]
    told("variants", applied, f"{_counted(len(applied), 'PackageVariant')} on mgmt")
    async with asyncio.TaskGroup() as group:
        # The agent may start while the orchestrator is at work; it is told where to pull when there is something.
        early = {c: group.create_task(flow.install_agent(bench, c)) for c in clusters if not _by_hand(bench, c)}
        await _committed(bench, progress)
    for cluster in clusters:
        await _bootstrap(bench, cluster, early, told)
    trails = await _ready(bench, progress)
    proofs = [await flow.verify(bench, c) for c in clusters if not _left_bootstrap(bench, c)]
    return Ran(tuple(trails), tuple(proofs), tuple(_left(bench)), tuple(dict.fromkeys(warnings)))


async def _repositories_ready(bench: Bench, count: int, progress: Progress | None) -> None:
    await wait_until(
        bench.observer,
        lambda board: True if sum(r.ready for r in board.repositories.values()) >= count else None,
        what=f"{count} Repositories ready",
        limit=REGISTER_LIMIT,
        clock=bench.clock,
        seen=lambda board: ", ".join(f"{r.repository} {r.message}" for r in board.repositories.values() if not r.ready),
        progress=progress,
    )


async def _committed(bench: Bench, progress: Progress | None) -> None:
    automatic = [f for f in bench.spec.flows if f.approve is not Approval.MANUAL]
    async with asyncio.TaskGroup() as group:
        for each in automatic:
            group.create_task(flow.reach(bench, each.package, each.to, Stage.COMMIT, progress=progress))
        for each in bench.spec.flows:
            if each.approve is Approval.MANUAL:
                group.create_task(flow.reach(bench, each.package, each.to, Stage.RENDER, progress=progress))


async def _bootstrap(
    bench: Bench,
    cluster: str,
    early: dict[str, asyncio.Task[list[AppliedObject]]],
    told: Callable[[str, list[AppliedObject], str], None],
) -> None:
    if cluster not in early:
        await flow.write_bootstrap_files(bench, cluster)
        return
    applied = early[cluster].result() + await flow.point_agent(bench, cluster)
    told("bootstrap", applied, f"on {cluster} itself: apply -f configsync.yaml, apply -f rootsync.yaml")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _by_hand(bench: Bench, cluster: str) -> bool:
    return bench.cluster_spec(cluster).bootstrap is Bootstrap.MANUAL


async def _ready(bench: Bench, progress: Progress | None) -> list[Trail]:
    trails = []
    for each in bench.spec.flows:
        goal = _goal(bench, each)
        trails.append(await flow.reach(bench, each.package, each.to, goal, progress=progress))
    return trails


def _goal(bench: Bench, wanted: Flow) -> Stage:
    trail = bench.board.trail(wanted.package, wanted.to)
    if wanted.approve is Approval.MANUAL and (trail is None or not trail.done(Stage.APPROVE)):
        return Stage.RENDER
    return Stage.COMMIT if _left_bootstrap(bench, wanted.to) else Stage.READY


def _left_bootstrap(bench: Bench, cluster: str) -> bool:
    return _by_hand(bench, cluster) and not (bench.board.agents.get(cluster) and bench.board.syncs.get(cluster))


def _left(bench: Bench) -> list[Left]:
    waiting = [
        Left("approve", f.package, f.to)
        for f in bench.spec.flows
        if f.approve is Approval.MANUAL and not _approved(bench, f)
    ]
    return [
        *waiting,
        *(Left("bootstrap", c.name, c.name) for c in bench.spec.clusters if _left_bootstrap(bench, c.name)),
    ]


def _approved(bench: Bench, wanted: Flow) -> bool:
    trail = bench.board.trail(wanted.package, wanted.to)
    return trail is not None and trail.done(Stage.APPROVE)
