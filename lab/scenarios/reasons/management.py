"""Left of the line: does anything ask for it, is there a draft, was it rendered, was it approved."""

from __future__ import annotations

from lab.errors.people_files import nearest
from lab.kube.paths import Object, name_of
from lab.model.names import BLUEPRINTS
from lab.model.stage import Stage
from lab.scenarios.evidence import Evidence
from lab.scenarios.reasons.questions import (
    condition_of,
    crossed,
    downstream_package,
    package_of,
    trail_of,
    waits,
)
from lab.scenarios.reasons.verdict import Stop


def git_away(evidence: Evidence) -> Stop | None:
    """Git does not answer, and whether it holds the subject cannot be seen."""
    if not evidence.git_away:
        return None
    trail = trail_of(evidence)
    committed = trail is not None and trail.done(Stage.COMMIT)
    stage = Stage.PULL if committed else Stage.COMMIT
    return Stop("LAB602", stage, evidence.git_away, ("lab status", "lab up"))


def draft(evidence: Evidence) -> Stop | None:
    """A trail that failed before the commit, or a draft that waits for somebody."""
    if crossed(evidence):
        return None
    package = package_of(evidence)
    named = (r for r in evidence.revisions if r["spec"]["packageName"] == package and waits(r))
    waiting = evidence.draft or next(named, None)
    approval = (f"lab approve {waiting['spec']['packageName']} --on {evidence.cluster}",) if waiting else ()
    failed = _failed(evidence, approval)
    if failed is not None or waiting is None:
        return failed
    lifecycle = waiting["spec"]["lifecycle"]
    why = f"{name_of(waiting)} is {lifecycle}: nothing reaches main before somebody approves it."
    return Stop("LAB501", Stage.APPROVE, why, (*approval, "lab explain approve"))


def _failed(evidence: Evidence, approval: tuple[str, ...]) -> Stop | None:
    """The first failure of the newest trail; one that an older draft stands in the way of is helped by approving it."""
    trail = trail_of(evidence)
    failed = trail.failed if trail is not None else None
    if trail is None or failed is None or not failed.code:
        return None
    stage = next(s for s in Stage if trail.passage(s) is failed)
    if not stage.comes_before(Stage.PULL):
        return None
    first = approval if stage is Stage.DRAFT else ()
    return Stop(failed.code, stage, failed.text, (*first, f"lab explain {failed.code}", f"lab trace {trail.package}"))


def management_away(evidence: Evidence) -> Stop | None:
    """The management cluster does not answer, and what it asks for cannot be seen."""
    if crossed(evidence) or not evidence.management_away:
        return None
    why = f"The management cluster does not answer: {evidence.management_away}"
    return Stop("LAB022", Stage.VARIANT, why, ("lab up",))


def repository(evidence: Evidence) -> Stop | None:
    """No Repository of the cluster, or one that is not ready."""
    if crossed(evidence):
        return None
    found = evidence.deployment_repository
    if found is None:
        why = f"No Repository on the management cluster names the Git repository of {evidence.cluster}."
        return Stop("LAB202", Stage.VARIANT, why, ("lab up", "lab explain Repository"))
    ready = condition_of(found, "Ready")
    if ready is not None and ready.get("status") != "True":
        why = f"Repository {name_of(found)}: {ready.get('message', '')}"
        return Stop("LAB203", Stage.VARIANT, why, ("lab explain LAB203",))
    return None


def stalled(evidence: Evidence) -> Stop | None:
    """A PackageVariant that asks for it is Stalled."""
    if crossed(evidence):
        return None
    for variant in _variants(evidence):
        condition = condition_of(variant, "Stalled")
        if condition is not None and condition.get("status") == "True":
            message = str(condition.get("message", ""))
            code = "LAB204" if "upstream package revision" in message else "LAB205"
            why = f"PackageVariant {name_of(variant)} is Stalled: {message}"
            return Stop(code, Stage.VARIANT, why, (f"lab explain {code}", "lab git ls-remote nephio-blueprints"))
    return None


def older_revision(evidence: Evidence) -> Stop | None:
    """The blueprint declares it now, but the variant's revision of the blueprint does not."""
    trail = trail_of(evidence)
    asked = _variants(evidence)
    if not evidence.subject.kind or crossed(evidence) or not asked or trail is None or not trail.done(Stage.COMMIT):
        return None
    package = package_of(evidence)
    taken = str(asked[0]["spec"].get("upstream", {}).get("workspaceName", ""))
    newest = evidence.newest_workspaces.get(package, "")
    why = f"{BLUEPRINTS} declares it in {package}; PackageVariant {name_of(asked[0])} takes {taken}, which does not."
    step = f"lab upgrade {package} {newest}" if newest not in ("", taken) else f"lab publish packages/{package}"
    return Stop("LAB207", Stage.VARIANT, why, (step, "lab explain LAB207"))


def nobody_asks(evidence: Evidence) -> Stop | None:
    """No PackageVariant asks for it: for want of a context, a blueprint, or the variant itself."""
    if crossed(evidence) or _variants(evidence):
        return None
    package = package_of(evidence)
    if evidence.in_blueprint is None:
        return _unknown(evidence)
    if evidence.cluster not in evidence.contexts:
        described = f"Nothing on the management cluster describes {evidence.cluster}"
        why = f"{described}, and no PackageVariant asks for {package}."
        return Stop("LAB101", Stage.CONTEXT, why, ("lab up", "lab explain ClusterContext"))
    holds = f"The blueprint {package} declares it, but" if evidence.subject.kind else f"{package} is a blueprint, but"
    target = evidence.deployment_repository
    where = name_of(target) if target is not None else "the cluster's repository"
    why = f"{holds} no PackageVariant copies {package} to {where}."
    return Stop("LAB201", Stage.VARIANT, why, ("lab up", "lab explain PackageVariant"))


def _unknown(evidence: Evidence) -> Stop:
    subject, cluster = evidence.subject, evidence.cluster
    if subject.kind:
        why = "No blueprint declares it, and nothing in the cluster's repository does."
        if not evidence.served:
            why = f"{cluster} serves no kind {subject.kind}, no blueprint declares it, and nothing in Git does."
        return Stop("LAB903", Stage.VARIANT, why, ("lab explain LAB903",))
    known = sorted(evidence.newest_workspaces)
    near = nearest(subject.name, known)
    why = f"No blueprint, draft or repository holds a package {subject.name}; blueprints: {', '.join(known) or 'none'}."
    steps = (f"lab why {near} --on {cluster}",) if near else ("lab status",)
    return Stop("LAB025", Stage.VARIANT, why, steps)


def at_work(evidence: Evidence) -> Stop:
    """Nothing is wrong that can be seen: the orchestrator is at work on it."""
    why = "Nothing is wrong that can be seen: the orchestrator is at work on it."
    trail = trail_of(evidence)
    stage = trail.stands_at if trail is not None else None
    return Stop("LAB027", stage or Stage.DRAFT, why, ("lab logs --tail 20",))


def _variants(evidence: Evidence) -> list[Object]:
    """The variants that make the subject's package in the cluster's repository."""
    package = package_of(evidence)
    return [v for v in evidence.variants if package and downstream_package(v) == package]
