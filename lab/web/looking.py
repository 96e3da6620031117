"""What to look at for a stage of a trail: the objects behind it, and the line that shows them to whoever types it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lab.errors.catalog import CATALOG
from lab.kube.paths import (
    CLUSTER_CONTEXT,
    DEPLOYMENT,
    NAMESPACE,
    PACKAGE_REVISION,
    PACKAGE_VARIANT,
    REPOSITORY,
    RESOURCE_GROUP,
    ROOT_SYNC,
    Kind,
)
from lab.lessons.topics import KNV
from lab.model.spec import MANAGEMENT
from lab.model.stage import Stage
from lab.scenarios.flow import AGENT_DEPLOYMENT, AGENT_NAMESPACE

HOME = "default"
"""The namespace of everything that is declared on the management cluster."""
NAMESPACES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Look:
    """One object: where it is, what it is called, and the command that prints it."""

    cluster: str
    api_version: str
    kind: str
    namespace: str
    name: str
    command: str


def looks(stage: Stage, trail: dict[str, Any], cluster: dict[str, Any] | None) -> list[Look]:
    """The objects behind a stage; `trail` and `cluster` as the board's view tells them in focus."""
    name = str(trail.get("cluster") or "")
    if stage is Stage.CONTEXT:
        context = (cluster or {}).get("context") or {}
        return [_look(MANAGEMENT, CLUSTER_CONTEXT, context.get("name") or name, HOME)] if name else []
    if stage is Stage.VARIANT:
        return [_look(MANAGEMENT, PACKAGE_VARIANT, trail["variant"], HOME)] if trail.get("variant") else []
    if stage in (Stage.DRAFT, Stage.RENDER, Stage.APPROVE):
        return [_look(MANAGEMENT, PACKAGE_REVISION, trail["revision"], HOME)] if trail.get("revision") else []
    if stage is Stage.COMMIT:
        return [_look(MANAGEMENT, REPOSITORY, str(trail["repository"]), HOME)]
    if not name or cluster is None:
        return []
    syncs = [_look(name, ROOT_SYNC, sync["name"], AGENT_NAMESPACE) for sync in cluster["syncs"]]
    if stage is Stage.PULL:
        return [*syncs, _look(name, DEPLOYMENT, AGENT_DEPLOYMENT, AGENT_NAMESPACE)]
    if stage is Stage.APPLY:
        return [_look(name, RESOURCE_GROUP, sync["name"], AGENT_NAMESPACE) for sync in cluster["syncs"]]
    return [_look(name, NAMESPACE, namespace) for namespace in cluster["namespaces"][:NAMESPACES_SHOWN]]


def commands(stage: Stage, trail: dict[str, Any]) -> list[str]:
    """Lines to type for a stage beside those of its objects, the most telling first."""
    package, cluster = trail["package"], trail["cluster"]
    on = f" --on {cluster}" if cluster else ""
    lines = {
        Stage.CONTEXT: [],
        Stage.VARIANT: [],
        Stage.DRAFT: [f"lab trace {package}{on}"],
        Stage.RENDER: [
            f"kubectl --context={MANAGEMENT} get packagerevisionresources {trail.get('revision') or ''} -o yaml".strip()
        ],
        Stage.APPROVE: [f"lab approve {package}{on}"] if trail.get("stands") == "approve" else [],
        Stage.COMMIT: [f"lab git log {trail['repository']}"],
        Stage.PULL: [f"lab logs {cluster} pull"],
        Stage.APPLY: [f"lab logs {cluster} apply"],
        Stage.READY: [f"kubectl --context={cluster} get namespaces"],
    }
    asking = [f"lab why {package}{on}"] if trail.get("stands") == str(stage) and trail.get("code") else []
    return [*asking, *lines[stage]]


def explanation(code: str) -> dict[str, str] | None:
    """What a code of the lab or of Config Sync means, or None for an unknown one."""
    if code in CATALOG:
        return {"code": code, "title": CATALOG[code].title, "text": CATALOG[code].text}
    if code in KNV:
        return {"code": code, "title": KNV[code][0], "text": KNV[code][1]}
    return None


def as_dicts(found: list[Look]) -> list[dict[str, str]]:
    """The looks as JSON data."""
    return [asdict(look) for look in found]


def _look(cluster: str, kind: Kind, name: str, namespace: str = "") -> Look:
    where = f" -n {namespace}" if namespace not in ("", HOME) else ""
    command = f"kubectl --context={cluster} get {kind.kind.lower()} {name}{where} -o yaml"
    return Look(cluster, kind.api_version, kind.kind, namespace, name, command)
