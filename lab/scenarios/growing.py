"""A lab that grows and shrinks: a workload cluster with everything that belongs to it comes and goes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from lab.errors.base import LabError
from lab.events.watching import Progress
from lab.kube.paths import CLUSTER_CONTEXT, PACKAGE_VARIANT, REPOSITORY, name_of
from lab.model.names import confusable, deployment_repository
from lab.model.spec import MANAGEMENT, Approval, ClusterSpec, Flow
from lab.model.stage import Stage
from lab.scenarios import flow
from lab.scenarios.bench import Bench


async def add_cluster(
    bench: Bench, spec: ClusterSpec, *, flows: bool, bootstrapped: bool, progress: Progress | None = None
) -> None:
    """Make the cluster and, with `flows`, bring it every package that the lab's first cluster has.

    Raises LabError LAB004 when the name is taken or too much like another.
    """
    if spec.name in bench.clusters:
        raise LabError("LAB004", f'A cluster "{spec.name}" is here already.', "", ["lab cluster list"])
    twins = confusable([*bench.clusters, spec.name])
    if twins:
        raise LabError("LAB004", f'"{twins[0]}" and "{twins[1]}" are too much alike.')
    bench.specs[spec.name] = spec
    await bench.change_clusters(spec.name, True)
    await flow.register(bench, [spec.name])
    await flow.describe(bench, spec.name)
    wanted = _flows_for(bench, spec.name) if flows else []
    for each in wanted:
        await flow.declare(bench, each)
    automatic = [each for each in wanted if each.approve is not Approval.MANUAL]
    async with asyncio.TaskGroup() as group:
        if bootstrapped:
            group.create_task(flow.install_agent(bench, spec.name))
        # An agent that is pointed at an empty repository would ask again only after its period.
        for each in wanted:
            goal = Stage.COMMIT if each in automatic else Stage.RENDER
            group.create_task(flow.reach(bench, each.package, spec.name, goal, progress=progress))
    if bootstrapped:
        await flow.point_agent(bench, spec.name)
        for each in automatic:
            await flow.reach(bench, each.package, spec.name, Stage.READY, progress=progress)


async def remove_cluster(bench: Bench, name: str) -> list[str]:
    """Withdraw the cluster's variants, unregister its repository and remove it; returns what is gone."""
    if name == MANAGEMENT or name not in bench.clusters:
        raise LabError("LAB024", f'There is no workload cluster "{name}".', "", ["lab cluster list"])
    gone = []
    repository = deployment_repository(name)
    variants, _version = await bench.management.list(PACKAGE_VARIANT, "default")
    for variant in variants:
        if variant["spec"].get("downstream", {}).get("repo") == repository:
            await bench.management.delete(PACKAGE_VARIANT, name_of(variant), namespace="default")
            gone.append(f"packagevariant/{name_of(variant)}")
    for kind, object_name in ((CLUSTER_CONTEXT, name), (REPOSITORY, repository)):
        if await bench.management.delete(kind, object_name, namespace="default") is not None:
            gone.append(f"{kind.kind.lower()}/{object_name}")
    await bench.change_clusters(name, False)
    return [*gone, f"cluster/{name}"]


def _flows_for(bench: Bench, cluster: str) -> list[Flow]:
    first = next((c.name for c in bench.spec.clusters), "")
    return [replace(f, to=cluster) for f in bench.spec.flows if f.to == first]
