"""What a person does with revisions of packages: propose, approve, publish a blueprint, move flows to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab.errors.base import LabError
from lab.errors.people_files import nearest
from lab.git import seed
from lab.git.remote import GitUnreachable, RemoteRepository
from lab.git.seed import PublishedRevision, read_package
from lab.kube.client import KubeError
from lab.kube.paths import PACKAGE_REVISION, PACKAGE_VARIANT, Object, name_of
from lab.model.names import BLUEPRINTS, label_fault
from lab.scenarios.bench import Bench

NAMESPACE = "default"
AUTHOR = "You <you@lab.invalid>"
"""Who publishes blueprints, as Git has it."""
SEEN_INTERVAL = 0.1
"""Seconds between two looks at what the orchestrator serves; PackageRevisions of another process tell nobody else."""


async def drafts(bench: Bench, package: str, cluster: str = "") -> list[Object]:
    """Draft and Proposed revisions of a package, in deployment repositories, of one cluster where named."""
    found, _version = await bench.management.list(PACKAGE_REVISION, NAMESPACE)
    clusters = {name: r.cluster for name, r in bench.board.repositories.items() if r.deployment}
    return [
        item
        for item in found
        if item["spec"]["packageName"] == package
        and item["spec"].get("lifecycle") in ("Draft", "Proposed")
        and item["spec"]["repository"] in clusters
        and cluster in ("", clusters[item["spec"]["repository"]])
    ]


async def approve(bench: Bench, package: str, cluster: str = "") -> list[str]:
    """Propose and approve every waiting draft of a package; returns their names. Raises LabError LAB025, LAB502."""
    waiting = await drafts(bench, package, cluster)
    if not waiting:
        known = sorted({t.package for t in bench.board.trails})
        near = nearest(package, known)
        why = (
            f'Did you mean "{near}"?' if near and near != package else "Every revision is published, or none was made."
        )
        raise LabError("LAB502", f'No draft of "{package}" waits for approval.', why, ["lab status"])
    return [await approve_revision(bench, item) for item in waiting]


async def approve_revision(bench: Bench, revision: Object) -> str:
    """Propose the revision when it is a Draft, then approve it; returns its name. Raises LabError LAB502, LAB503."""
    name = name_of(revision)
    try:
        if revision["spec"].get("lifecycle") == "Draft":
            await propose(bench, name)
        await _set_lifecycle(bench, name, "Published", subresource="approval")
    except KubeError as error:
        raise LabError("LAB502", f"{name} cannot be approved.", error.message, ["lab explain LAB502"]) from error
    return name


async def propose(bench: Bench, name: str) -> None:
    """Draft → Proposed. Raises LabError LAB503 while a readiness gate is not met, KubeError as the API refuses."""
    found = await bench.management.get(PACKAGE_REVISION, name, NAMESPACE)
    if found is None:
        raise LabError("LAB025", f'There is no PackageRevision "{name}".', "", ["lab status"])
    conditions = {c.get("type"): c.get("status") for c in found.get("status", {}).get("conditions", [])}
    unmet = [
        gate["conditionType"]
        for gate in found["spec"].get("readinessGates", [])
        if conditions.get(gate["conditionType"]) != "True"
    ]
    if unmet:
        raise LabError("LAB503", f"{name} is not ready to be proposed.", f"Not True: {', '.join(unmet)}.")
    await _set_lifecycle(bench, name, "Proposed")


async def _set_lifecycle(bench: Bench, name: str, lifecycle: str, subresource: str = "") -> None:
    patch = {"spec": {"lifecycle": lifecycle}}
    await bench.management.patch(PACKAGE_REVISION, name, patch, namespace=NAMESPACE, subresource=subresource)


def package_in(folder: Path, name: str = "") -> tuple[str, dict[str, bytes]]:
    """Name and files of the package in a folder with a Kptfile; `name` wins over the folder's.

    Raises LabError LAB003 when the folder is no package, LAB004 for a bad name.
    """
    chosen = name or folder.absolute().name
    fault = label_fault(chosen)
    if fault:
        raise LabError("LAB004", f'"{chosen}" is no name for a package.', f"It {fault}.")
    return chosen, read_package(folder)


async def publish(bench: Bench, package: str, files: Mapping[str, bytes]) -> PublishedRevision:
    """Push files as the next revision of a blueprint, as its author does. Raises LabError LAB602 when Git is away."""
    hosted = await bench.blueprints()
    repository = RemoteRepository(hosted.push_url, credentials=bench.git_credentials, route=bench.route)
    try:
        return await seed.publish(repository, package, files, at=bench.clock.now(), author=AUTHOR)
    except GitUnreachable as error:
        raise LabError("LAB602", "Git cannot be reached.", str(error), ["lab status"]) from error
    finally:
        repository.close()


async def upgrade(bench: Bench, package: str, workspace: str, cluster: str = "") -> list[str]:
    """Point the variants of a blueprint at another workspace; returns their names.

    A workspace that was published a moment ago is waited for until the orchestrator has seen it in Git. Raises LabError
    LAB204 when the blueprint has no such workspace, LAB201 when no variant brings the package.
    """
    await _workspace_known(bench, package, workspace)
    variants, _version = await bench.management.list(PACKAGE_VARIANT, NAMESPACE)
    repositories = {r.repository for r in bench.board.repositories.values() if cluster in ("", r.cluster)}
    chosen = [
        name_of(item)
        for item in variants
        if item["spec"].get("upstream", {}).get("package") == package
        and item["spec"].get("downstream", {}).get("repo") in repositories
    ]
    if not chosen:
        raise LabError(
            "LAB201", f'No PackageVariant brings "{package}" to {cluster or "a cluster"}.', "", ["lab status"]
        )
    for name in chosen:
        patch = {"spec": {"upstream": {"workspaceName": workspace}}}
        await bench.management.patch(PACKAGE_VARIANT, name, patch, namespace=NAMESPACE)
    return chosen


async def _workspace_known(bench: Bench, package: str, workspace: str) -> None:
    """Return when the orchestrator serves the workspace. Raises LabError LAB204 at once when Git has no such tag."""
    known = await _workspaces(bench, package)
    if workspace not in known and f"refs/tags/{package}/{workspace}" not in await _blueprint_refs(bench):
        why = f"Known: {', '.join(sorted(known)) or 'none'}."
        steps = [f"lab publish packages/{package}"]
        raise LabError("LAB204", f"{BLUEPRINTS} has no {package} {workspace}.", why, steps)
    limit = bench.clock.time() + 2 * bench.spec.period
    while workspace not in await _workspaces(bench, package):
        if bench.clock.time() >= limit:
            what = f"The orchestrator has not seen {package} {workspace} in Git within {2 * bench.spec.period:g}s."
            raise LabError("LAB027", what, "", ["lab status"])
        await bench.clock.sleep(SEEN_INTERVAL)


async def _workspaces(bench: Bench, package: str) -> set[str]:
    found, _version = await bench.management.list(PACKAGE_REVISION, NAMESPACE)
    specs = [item["spec"] for item in found]
    return {s["workspaceName"] for s in specs if s["repository"] == BLUEPRINTS and s["packageName"] == package}


async def _blueprint_refs(bench: Bench) -> dict[str, str]:
    hosted = await bench.blueprints()
    repository = RemoteRepository(hosted.push_url, credentials=bench.git_credentials, route=bench.route)
    try:
        return await repository.refs()
    except GitUnreachable as error:
        raise LabError("LAB602", "Git cannot be reached.", str(error), ["lab status"]) from error
    finally:
        repository.close()
