"""Everything that the question "why" is answered from, gathered without changing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.errors.base import LabError
from lab.events.board import Board
from lab.git.remote import GitUnreachable
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import (
    CLUSTER_CONTEXT,
    DEPLOYMENT,
    PACKAGE_REVISION,
    PACKAGE_VARIANT,
    REPOSITORY,
    RESOURCE_GROUP,
    ROOT_SYNC,
    WORKLOAD_CLUSTER,
    Kind,
    Object,
    name_of,
)
from lab.model.names import BLUEPRINTS, deployment_repository
from lab.scenarios.bench import Bench
from lab.scenarios.declared import Declaration, GitReader, Subject
from lab.scenarios.flow import AGENT_DEPLOYMENT, AGENT_NAMESPACE

CLUSTER_LABEL = "nephio.org/cluster-name"


@dataclass(slots=True)
class Evidence:
    """What was seen; None means not there, and `management_away`, `git_away` that it could not be looked at.

    `newest_workspaces` names the newest published revision of each blueprint.
    """

    subject: Subject
    cluster: str
    board: Board
    served: bool = True
    live: Object | None = None
    deployment: Object | None = None
    root_syncs: list[Object] = field(default_factory=list)
    inventory: list[Mapping[str, Any]] = field(default_factory=list)
    repositories: list[Object] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)
    variants: list[Object] = field(default_factory=list)
    revisions: list[Object] = field(default_factory=list)
    management_away: str = ""
    git_away: str = ""
    pull_url: str = ""
    on_main: Declaration | None = None
    in_draft: Declaration | None = None
    draft: Object | None = None
    in_blueprint: Declaration | None = None
    newest_workspaces: dict[str, str] = field(default_factory=dict)

    @property
    def deployment_repository(self) -> Object | None:
        """The Repository of the cluster: by its label, else by its usual name."""
        labelled = [r for r in self.repositories if _label(r) == self.cluster]
        usual = [r for r in self.repositories if name_of(r) == deployment_repository(self.cluster)]
        return next(iter(labelled or usual), None)


async def gather(bench: Bench, subject: Subject, cluster: str) -> Evidence:
    """Look at management, Git and the workload cluster, each as far as it can be reached."""
    hosted = await bench.deployment(cluster)
    evidence = Evidence(subject, cluster, bench.board, pull_url=hosted.pull_url)
    await _look_at_cluster(bench.kube(cluster), evidence)
    await _look_at_management(bench, evidence)
    await _look_at_git(bench, evidence)
    return evidence


async def resolve(bench: Bench, text: str, cluster: str) -> tuple[Subject, Kind | None]:
    """The subject of `kind/name` or `kind/namespace/name`, or of a package's bare name.

    The kind may be singular, plural, a short name or a Kind of the cluster; one that the cluster does not serve yet is
    taken by its name with a capital. Raises LabError LAB003 for anything else.
    """
    parts = text.split("/")
    if len(parts) == 1:
        return Subject("", text), None
    if len(parts) > 3 or not all(parts):
        why = "Write kind/name, kind/namespace/name, or a package's name."
        raise LabError(
            "LAB003", f'"{text}" names no object.', why, [f"lab why namespace/openairinterface --on {cluster}"]
        )
    namespace = parts[1] if len(parts) == 3 else ""
    kind = await _served_kind(bench.kube(cluster), parts[0].lower())
    shown = kind.kind if kind else parts[0][:1].upper() + parts[0][1:]
    return Subject(shown, parts[-1], namespace), kind


async def _served_kind(kube: KubeClient, word: str) -> Kind | None:
    groups = await kube.raw("/apis")
    versions = ["v1"] + [group["preferredVersion"]["groupVersion"] for group in groups.get("groups", [])]
    for api_version in versions:
        path = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        for entry in (await kube.raw(path)).get("resources", []):
            names = [entry["name"], entry.get("singularName", ""), entry["kind"].lower(), *entry.get("shortNames", [])]
            if "/" not in entry["name"] and word in names:
                group, _, version = api_version.rpartition("/")
                return Kind(group, version, entry["kind"], entry["name"], bool(entry["namespaced"]))
    return None


async def _look_at_cluster(kube: KubeClient, evidence: Evidence) -> None:
    evidence.deployment = await kube.get(DEPLOYMENT, AGENT_DEPLOYMENT, AGENT_NAMESPACE)
    evidence.root_syncs = (await kube.list(ROOT_SYNC, AGENT_NAMESPACE))[0]
    groups, _version = await kube.list(RESOURCE_GROUP, AGENT_NAMESPACE)
    evidence.inventory = [row for group in groups for row in group.get("spec", {}).get("resources", [])]
    subject = evidence.subject
    if subject.kind:
        kind = await _served_kind(kube, subject.kind.lower())
        evidence.served = kind is not None
        if kind is not None:
            evidence.live = await _find_live(kube, kind, subject)


async def _find_live(kube: KubeClient, kind: Kind, subject: Subject) -> Object | None:
    if not kind.namespaced or subject.namespace:
        return await kube.get(kind, subject.name, subject.namespace)
    found, _version = await kube.list(kind, fields=f"metadata.name={subject.name}")
    return found[0] if found else None


async def _look_at_management(bench: Bench, evidence: Evidence) -> None:
    kube = bench.management
    try:
        evidence.repositories = (await kube.list(REPOSITORY))[0]
        contexts = (await kube.list(CLUSTER_CONTEXT))[0] + (await kube.list(WORKLOAD_CLUSTER))[0]
        evidence.contexts = [str(c.get("spec", {}).get("clusterName") or name_of(c)) for c in contexts]
        repository = evidence.deployment_repository
        name = name_of(repository) if repository else deployment_repository(evidence.cluster)
        evidence.variants = [
            v for v in (await kube.list(PACKAGE_VARIANT))[0] if v["spec"].get("downstream", {}).get("repo") == name
        ]
        revisions = (await kube.list(PACKAGE_REVISION))[0]
        evidence.revisions = [r for r in revisions if r["spec"]["repository"] == name]
        evidence.newest_workspaces = _newest(revisions)
    except (ConnectionError, KubeError) as error:
        evidence.management_away = str(error) or "it does not answer"


async def _look_at_git(bench: Bench, evidence: Evidence) -> None:
    reader = GitReader(bench.git_credentials, bench.route)
    hosted = await bench.deployment(evidence.cluster)
    subject = evidence.subject
    try:
        evidence.on_main = await reader.declaration(hosted.name, hosted.push_url, subject)
        if evidence.on_main is None:
            await _look_at_drafts(reader, hosted.push_url, evidence)
            blueprints = await bench.blueprints()
            evidence.in_blueprint = await reader.declaration(BLUEPRINTS, blueprints.push_url, subject)
    except GitUnreachable as error:
        evidence.git_away = str(error)


async def _look_at_drafts(reader: GitReader, url: str, evidence: Evidence) -> None:
    for revision in evidence.revisions:
        spec = revision["spec"]
        folder = {"Draft": "drafts", "Proposed": "proposed"}.get(spec.get("lifecycle", ""))
        if folder is None:
            continue
        ref = f"refs/heads/{folder}/{spec['packageName']}/{spec['workspaceName']}"
        found = await reader.declaration(spec["repository"], url, evidence.subject, ref)
        if found is not None:
            evidence.in_draft, evidence.draft = found, revision
            return


def _newest(revisions: Sequence[Object]) -> dict[str, str]:
    published = [r["spec"] for r in revisions if r["spec"]["repository"] == BLUEPRINTS and _number(r["spec"]) > 0]
    return {spec["packageName"]: str(spec["workspaceName"]) for spec in sorted(published, key=_number)}


def _number(spec: Mapping[str, Any]) -> int:
    """The number of a published revision; a placeholder that follows the branch has -1, a draft 0."""
    return int(spec.get("revision") or 0)


def _label(repository: Object) -> str:
    labels = repository.get("metadata", {}).get("labels") or {}
    return str(labels.get(CLUSTER_LABEL, ""))
