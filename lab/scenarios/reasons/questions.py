"""Small questions to the evidence, which several reasons ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.git.urls import same
from lab.kube.paths import Object
from lab.model.stage import Stage
from lab.model.trail import Trail
from lab.scenarios.evidence import Evidence

MAIN = "main"


def package_of(evidence: Evidence) -> str:
    """The package that the subject is or belongs to, as far as Git tells; empty when nothing tells."""
    found = evidence.on_main or evidence.in_draft or evidence.in_blueprint
    if found is not None:
        return found.directory
    if not evidence.subject.kind:
        return evidence.subject.name
    failed = {t.package for t in evidence.board.trails_on(evidence.cluster) if t.failed is not None}
    return failed.pop() if len(failed) == 1 else ""


def trail_of(evidence: Evidence) -> Trail | None:
    """The newest trail of the subject's package on the cluster."""
    return evidence.board.trail(package_of(evidence), evidence.cluster)


def earlier_trails(evidence: Evidence) -> list[Trail]:
    """Trails of the same package on the same cluster before the newest, oldest first."""
    package = package_of(evidence)
    return [t for t in evidence.board.trails_on(evidence.cluster) if t.package == package][:-1]


def crossed(evidence: Evidence) -> bool:
    """Whether what is asked about is on main of the cluster's repository: an object by itself, a package by its newest
    trail, since an older revision of it may be there while the newest is not."""
    trail = trail_of(evidence)
    if evidence.subject.kind or trail is None:
        return evidence.on_main is not None
    return trail.done(Stage.COMMIT)


def package_ready(evidence: Evidence) -> bool:
    """Whether a package is asked about whose newest trail is at its end."""
    trail = evidence.board.trail(evidence.subject.name, evidence.cluster)
    return trail is not None and trail.finished and evidence.on_main is not None


def is_subject(evidence: Evidence, named: str) -> bool:
    """Whether an event's `kind/name`, `kind//name` or `kind/namespace/name` is the object that is asked about."""
    subject = evidence.subject
    kind, *middle, name = named.lower().split("/")
    namespace = subject.namespace or str((evidence.live or {}).get("metadata", {}).get("namespace") or "")
    elsewhere = bool(namespace and any(middle) and middle != [namespace.lower()])
    return (kind, name) == (subject.kind.lower(), subject.name.lower()) and not elsewhere


def watches(sync: Object, evidence: Evidence) -> bool:
    """Whether a RootSync reads the place where the package is."""
    git = git_of(sync)
    directory = str(git.get("dir", "/")).strip("/").removeprefix("./").strip(".")
    inside = evidence.on_main is None or f"{evidence.on_main.file}/".startswith(f"{directory}/" if directory else "")
    return same(str(git.get("repo", "")), evidence.pull_url) and git.get("branch", MAIN) == MAIN and inside


def git_of(sync: Object) -> Mapping[str, Any]:
    """`spec.git` of a RootSync."""
    found = sync.get("spec", {}).get("git")
    return found if isinstance(found, Mapping) else {}


def waits(revision: Object) -> bool:
    """Whether a revision waits to be proposed or approved."""
    return revision["spec"].get("lifecycle") in ("Draft", "Proposed")


def downstream_package(variant: Object) -> str:
    """The package that a PackageVariant makes."""
    downstream = variant["spec"].get("downstream", {})
    return str(downstream.get("package") or variant["spec"].get("upstream", {}).get("package") or "")


def condition_of(obj: Object, kind: str) -> Mapping[str, Any] | None:
    """The condition of a type, or None."""
    conditions = obj.get("status", {}).get("conditions") or []
    return next((c for c in conditions if c.get("type") == kind), None)


def annotations_of(obj: Object) -> Mapping[str, Any]:
    """`metadata.annotations`."""
    return obj.get("metadata", {}).get("annotations") or {}
