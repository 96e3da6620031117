"""The flow of a lab, act by act, as a person does it: files are applied, then one waits and looks.

Nothing here reaches past Git: left of the line files go to the management cluster, right of it the two bootstrap
files go to the workload cluster itself, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.errors.base import LabError
from lab.events.board import Board
from lab.events.watching import Progress, wait_until
from lab.kit.files import write_atomic
from lab.kube.applying import AppliedObject, apply_objects
from lab.kube.client import KubeError
from lab.kube.paths import DEPLOYMENT, NAMESPACE, RESOURCE_GROUP, ROOT_SYNC
from lab.manifests import load as manifests
from lab.model.names import BLUEPRINTS, deployment_repository
from lab.model.spec import MANAGEMENT, Approval, Flow
from lab.model.stage import ORDER, Stage
from lab.model.trail import State, Trail
from lab.scenarios.bench import AGENT_IMAGE, Bench

AGENT_NAMESPACE = "config-management-system"
AGENT_DEPLOYMENT = "reconciler-manager"
ROOT_SYNC_NAME = "root-sync"
AGENT_FILE = "configsync.yaml"
SYNC_FILE = "rootsync.yaml"
GIT_SECRET = "git-credentials"
"""Key to Git, and to nothing else: the orchestrator writes repositories with it."""
STAGE_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found on a cluster through its own API, after a flow: object names by kind and the sync's status."""

    cluster: str
    namespaces: tuple[str, ...]
    objects: int
    synced: str


async def apply_text(bench: Bench, cluster: str, text: str, *, name: str = "") -> list[AppliedObject]:
    """Apply a file's text to a cluster as a person; `name` is kept as a file under `manifests/CLUSTER/`.

    Raises LabError LAB034 with the API's own words.
    """
    if name:
        write_atomic(bench.folder / "manifests" / cluster / name, text)
    try:
        return await apply_objects(bench.kube(cluster), manifests.parse(text))
    except KubeError as error:
        raise LabError("LAB034", f"{name or 'An object'} was refused by {cluster}.", error.message) from error


async def register(bench: Bench, clusters: Sequence[str]) -> list[AppliedObject]:
    """Register the repository of blueprints and the deployment repository of each cluster.

    The Secret with the key to Git is given to the management cluster and written to no file.
    """
    await _give_git_key(bench)
    blueprints = await bench.blueprints()
    parts = [manifests.repository_yaml(name=BLUEPRINTS, url=blueprints.pull_url, secret=GIT_SECRET)]
    for cluster in clusters:
        hosted = await bench.deployment(cluster)
        text = manifests.repository_yaml(name=hosted.name, url=hosted.pull_url, cluster=cluster, secret=GIT_SECRET)
        parts.append(text)
    return await apply_text(bench, MANAGEMENT, "---\n".join(parts), name="repositories.yaml")


async def _give_git_key(bench: Bench) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": GIT_SECRET, "namespace": "default"},
        "type": "kubernetes.io/basic-auth",
        "stringData": {"username": bench.git_credentials.username, "password": bench.git_credentials.token},
    }
    await apply_objects(bench.management, [secret])


def context_text(bench: Bench, cluster: str) -> str:
    """The ClusterContext of a cluster: metadata only."""
    spec = bench.cluster_spec(cluster)
    return manifests.clustercontext_yaml(
        name=cluster,
        site_code=spec.site or None,
        cnis=spec.cnis,
        provider=spec.provider or None,
        networks={n.name: n.cidr for n in spec.networks},
    )


async def describe(bench: Bench, cluster: str) -> list[AppliedObject]:
    """Apply the ClusterContext of a cluster to the management cluster."""
    return await apply_text(bench, MANAGEMENT, context_text(bench, cluster), name=f"clustercontext-{cluster}.yaml")


def variant_text(flow: Flow) -> str:
    """The PackageVariant of a flow."""
    return manifests.packagevariant_yaml(
        name=flow.variant,
        upstream_repository=BLUEPRINTS,
        package=flow.package,
        workspace=flow.workspace,
        downstream_repository=deployment_repository(flow.to),
        setters=flow.values,
        approval=None if flow.approve is Approval.MANUAL else str(flow.approve),  # type: ignore[arg-type]
    )


async def declare(bench: Bench, flow: Flow) -> list[AppliedObject]:
    """Apply the PackageVariant of a flow to the management cluster."""
    return await apply_text(bench, MANAGEMENT, variant_text(flow), name=f"packagevariant-{flow.variant}.yaml")


async def bootstrap_files(bench: Bench, cluster: str) -> dict[str, str]:
    """The two files that a person applies on a workload cluster, by name."""
    hosted = await bench.deployment(cluster)
    return {
        AGENT_FILE: manifests.configsync_yaml(cluster=cluster, image=AGENT_IMAGE),
        SYNC_FILE: manifests.rootsync_yaml(repo_url=hosted.pull_url, period=f"{bench.spec.period:g}s"),
    }


async def write_bootstrap_files(bench: Bench, cluster: str) -> list[str]:
    """Write the two files for a person; returns their paths."""
    paths = []
    for name, text in (await bootstrap_files(bench, cluster)).items():
        path = bench.folder / "manifests" / cluster / name
        write_atomic(path, text)
        paths.append(str(path))
    return paths


async def bootstrap(bench: Bench, cluster: str) -> list[AppliedObject]:
    """The two applies, on the workload cluster itself, with that cluster's own key."""
    return await install_agent(bench, cluster) + await point_agent(bench, cluster)


async def install_agent(bench: Bench, cluster: str) -> list[AppliedObject]:
    """The first apply, configsync.yaml: the agent runs and has nothing to pull yet."""
    return await _apply_bootstrap(bench, cluster, AGENT_FILE)


async def point_agent(bench: Bench, cluster: str) -> list[AppliedObject]:
    """The second apply, rootsync.yaml: where the agent pulls from."""
    return await _apply_bootstrap(bench, cluster, SYNC_FILE)


async def _apply_bootstrap(bench: Bench, cluster: str, name: str) -> list[AppliedObject]:
    return await apply_text(bench, cluster, (await bootstrap_files(bench, cluster))[name], name=name)


async def agent_installed(bench: Bench, cluster: str) -> bool:
    """True when the agent's Deployment and a RootSync are on the cluster."""
    kube = bench.kube(cluster)
    deployment = await kube.get(DEPLOYMENT, AGENT_DEPLOYMENT, AGENT_NAMESPACE)
    syncs, _version = await kube.list(ROOT_SYNC, AGENT_NAMESPACE)
    return deployment is not None and bool(syncs)


async def reach(
    bench: Bench,
    package: str,
    cluster: str,
    stage: Stage,
    *,
    limit: float = STAGE_LIMIT,
    progress: Progress | None = None,
    after: int = 0,
) -> Trail:
    """The trail of a package once it is past `stage`; `after` leaves out trails up to that number.

    Raises LabError: the code of the stage where it stopped, or LAB027 when time ran out first.
    """

    def arrived(board: Board) -> Trail | None:
        trail = board.trail(package, cluster)
        if trail is None or trail.number <= after:
            return None
        return trail if trail.done(stage) else _stopped(trail, stage)

    trail = await wait_until(
        bench.observer,
        arrived,
        what=f"{package} on {cluster} at {stage}",
        limit=limit,
        clock=bench.clock,
        seen=lambda board: where(board, package, cluster),
        progress=progress,
    )
    stop = trail.failed
    if stop is not None and not trail.done(stage):
        at = next(s for s in ORDER if trail.passage(s) is stop)
        steps = [f"lab why {package} --on {cluster}", f"lab explain {stop.code}"]
        raise LabError(stop.code or "LAB028", f"{package} stopped at {at} on its way to {cluster}.", stop.text, steps)
    return trail


def where(board: Board, package: str, cluster: str) -> str:
    """Where a package stands, in one line: the last stage behind it and what it waits for."""
    trail = board.trail(package, cluster)
    if trail is None:
        return "no trail has begun"
    stage = trail.stands_at
    if stage is None:
        return "ready"
    passage = trail.passage(stage)
    detail = passage.text or f"waiting for {stage.actor}"
    return f"at {stage}: {detail}"


def _stopped(trail: Trail, goal: Stage) -> Trail | None:
    # A failed render stands until somebody acts, a failed readiness too; Git and approvals may come back.
    for stage in ORDER[: ORDER.index(goal) + 1]:
        if trail.passage(stage).state is State.FAILED and stage in _FINAL:
            return trail
    return None


_FINAL = frozenset({Stage.RENDER, Stage.READY})


async def verify(bench: Bench, cluster: str) -> Proof:
    """Look at the workload cluster through its own API: the namespaces and objects that its inventory names are there.

    Raises LabError LAB028 when something that was applied is not to be found or not Active.
    """
    kube = bench.kube(cluster)
    syncs, _version = await kube.list(ROOT_SYNC, AGENT_NAMESPACE)
    groups, _version = await kube.list(RESOURCE_GROUP, AGENT_NAMESPACE)
    rows = [row for group in groups for row in group.get("spec", {}).get("resources", [])]
    names = sorted({row["name"] for row in rows if row.get("kind") == "Namespace" and not row.get("group")})
    for name in names:
        found = await kube.get(NAMESPACE, name)
        if found is None or found.get("status", {}).get("phase") != "Active":
            what = f"Namespace {name} is in the inventory of {cluster}, but not Active there."
            raise LabError("LAB028", what, "", [f"lab why namespace/{name} --on {cluster}"])
    status = syncs[0]["metadata"].get("annotations", {}).get("lab.nephio.org/status", "") if syncs else ""
    return Proof(cluster, tuple(names), len(rows), str(status))
