"""Right of the line: is anybody pulling, from the right place, and what did the cluster say to it."""

from __future__ import annotations

from lab.events import kinds
from lab.kube.paths import name_of
from lab.model.stage import Stage
from lab.scenarios.evidence import Evidence
from lab.scenarios.reasons.questions import MAIN, crossed, git_of, is_subject, package_of, watches
from lab.scenarios.reasons.verdict import Stop


def agent(evidence: Evidence) -> Stop | None:
    """In Git, and nobody on the cluster pulls."""
    return nobody_pulls(evidence) if crossed(evidence) else None


def nobody_pulls(evidence: Evidence) -> Stop | None:
    """No agent, a stopped one, or one that was told no repository."""
    cluster, deployment = evidence.cluster, evidence.deployment
    if deployment is None:
        why = (
            "A ClusterContext only describes a cluster; it does not connect to it. An agent must be installed on "
            f"{cluster} itself, once, by hand."
        )
        return Stop("LAB701", Stage.PULL, why, (f"lab cluster bootstrap {cluster}", "lab explain LAB701"))
    if deployment.get("spec", {}).get("replicas", 1) == 0:
        meta = deployment["metadata"]
        step = f"lab kubectl --context={cluster} -n {meta['namespace']} scale deployment {meta['name']} --replicas=1"
        return Stop("LAB703", Stage.PULL, "The agent's Deployment has 0 replicas.", (step,))
    if not evidence.root_syncs:
        why = "The agent runs, but no RootSync tells it which repository to pull."
        return Stop("LAB705", Stage.PULL, why, (f"lab cluster bootstrap {cluster}",))
    return None


def source(evidence: Evidence) -> Stop | None:
    """The agent watches another place, or cannot read the right one."""
    if not crossed(evidence) or not evidence.root_syncs:
        return None
    right = [sync for sync in evidence.root_syncs if watches(sync, evidence)]
    if not right:
        return _elsewhere(evidence)
    for sync in right:
        errors = sync.get("status", {}).get("source", {}).get("errors") or []
        if errors:
            return _unreadable(evidence, errors[0])
    return None


def _elsewhere(evidence: Evidence) -> Stop:
    sync = evidence.root_syncs[0]
    git = git_of(sync)
    seen = f"{git.get('repo', '?')}, branch {git.get('branch', MAIN)}, directory {git.get('dir', '/')}"
    why = f"RootSync {name_of(sync)} watches {seen}; the package is on main of {evidence.pull_url}."
    return Stop("LAB704", Stage.PULL, why, (f"lab cluster bootstrap {evidence.cluster}", "lab explain LAB704"))


def _unreadable(evidence: Evidence, error: dict[str, str]) -> Stop:
    knv = f"KNV{error.get('code')}"
    code, stage = ("LAB702", Stage.PULL) if knv == "KNV2004" else ("LAB801", Stage.APPLY)
    if knv == "KNV1021":
        code = "LAB806"
    if evidence.git_away:
        code = "LAB602"
    message = str(error.get("errorMessage", "")).strip().splitlines()
    return Stop(code, stage, message[0] if message else knv, (f"lab explain {knv}", f"lab logs {evidence.cluster}"))


def refused(evidence: Evidence) -> Stop | None:
    """The cluster refused the object, or an object of the package that is asked about."""
    for record, event in evidence.board.applies.get(evidence.cluster, {}).values():
        if not isinstance(event, kinds.ApplyFailed):
            continue
        whole = [r for r in event.refusals if not event.partial]
        mine = [r for r in event.refusals if _is_mine(r, evidence)] or whole
        if mine:
            first = mine[0]
            place = f"{first.file}:{first.line}" if first.line else first.file
            facts = [("Refused", f"{first.subject or place} at {record.at:%H:%M:%S}, {place}")]
            steps = (f"lab explain {first.code}", f"lab explain {first.knv}")
            return Stop(first.code, Stage.APPLY, f"{first.knv}: {first.message}", steps, facts)
    return None


def _is_mine(refusal: kinds.Refusal, evidence: Evidence) -> bool:
    if evidence.subject.kind:
        return is_subject(evidence, refusal.subject)
    return refusal.directory == package_of(evidence)


def not_ready(evidence: Evidence) -> Stop | None:
    """It was applied, and the object or one of the package's objects does not become Current."""
    directory = evidence.on_main.directory if evidence.on_main else evidence.subject.name
    found = evidence.board.readiness.get((evidence.cluster, directory))
    if found is None or not isinstance(found[1], kinds.PackageNotReady):
        return None
    event = found[1]
    if evidence.subject.kind and not is_subject(evidence, event.subject):
        return None
    return Stop("LAB901", Stage.READY, f"{event.subject}: {event.reason}", ("lab explain LAB901",))


def not_asked_yet(evidence: Evidence) -> Stop | None:
    """Nothing is wrong: it is in Git, and the agent asks once a period."""
    if not crossed(evidence):
        return None
    period = next((git_of(sync).get("period", "15s") for sync in evidence.root_syncs), "15s")
    why = f"Nothing is wrong: {evidence.cluster} asks Git every {period} and has not asked since that commit."
    return Stop("LAB027", Stage.PULL, why, (f"lab trace {package_of(evidence)}",))
