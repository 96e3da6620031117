"""Why is this object here, or not here? A pure verdict over the evidence.

The road is walked backward from the object: is it there, is it in Git, is it in a draft, does anybody ask for it. The
first thing that is missing, seen from the side that has to act, is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.events import kinds
from lab.git.urls import same
from lab.kube.paths import Object, name_of
from lab.model.stage import Stage
from lab.model.trail import State, Trail
from lab.scenarios.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: a headline, facts as (label, text), and where it stopped with its code, cause and next lines.

    `code` is empty when all is well; `stage` is then None.
    """

    headline: str
    facts: tuple[tuple[str, str], ...] = ()
    code: str = ""
    stage: Stage | None = None
    why: str = ""
    next_steps: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON data."""
        return {
            "schema": "lab.why/v1",
            "headline": self.headline,
            "facts": dict(self.facts),
            "code": self.code or None,
            "stage": str(self.stage) if self.stage else None,
            "why": self.why or None,
            "next": list(self.next_steps),
        }


@dataclass(slots=True)
class _Stop:
    code: str
    stage: Stage
    why: str
    next_steps: tuple[str, ...] = ()
    facts: list[tuple[str, str]] = field(default_factory=list)


def decide(evidence: Evidence) -> Verdict:
    """The answer to `lab why`."""
    if evidence.live is not None or (not evidence.subject.kind and _package_ready(evidence)):
        return _present(evidence)
    for look in _ROAD:
        stop = look(evidence)
        if stop is not None:
            return _absent(evidence, stop)
    return _absent(evidence, _waiting_for_agent(evidence))


# -- the object is there -------------------------------------------------------------------------------------


def _present(evidence: Evidence) -> Verdict:
    subject, cluster = evidence.subject, evidence.cluster
    facts: list[tuple[str, str]] = []
    declaration = evidence.on_main
    if declaration is None and not evidence.git_away:
        return _undeclared(evidence)
    if declaration is not None:
        facts.append(("Comes from", f"{declaration.file}:{declaration.line} in {declaration.repository}"))
        trail = evidence.board.trail(declaration.package, cluster)
        facts += _trail_facts(trail, declaration.commit)
    else:
        facts.append(("Git", f"cannot be asked now: {evidence.git_away}"))
    facts += _drift_facts(evidence)
    facts += _newer_facts(evidence)
    refused = _refused(evidence)
    if refused is not None:
        return Verdict(
            f"{subject} is on {cluster}, but not as Git declares it.",
            tuple(facts),
            refused.code,
            refused.stage,
            refused.why,
            refused.next_steps,
        )
    not_ready = _not_ready(evidence)
    if not_ready is not None:
        return Verdict(
            f"{subject} is on {cluster}, and not ready.",
            tuple(facts),
            not_ready.code,
            not_ready.stage,
            not_ready.why,
            not_ready.next_steps,
        )
    verb = "is ready on" if not subject.kind else "is on"
    return Verdict(f"{subject} {verb} {cluster}, as Git declares it.", tuple(facts))


def _undeclared(evidence: Evidence) -> Verdict:
    managed = _annotations(evidence.live or {}).get("configmanagement.gke.io/managed")
    why = "No file on main of the cluster's repository declares it: somebody or something on the cluster made it."
    if managed:
        why = (
            "It left Git and is still here: the agent prunes it with its next question, unless it was told to keep it."
        )
    return Verdict(
        f"{evidence.subject} is on {evidence.cluster}, but Git does not declare it.", (), "LAB903", Stage.APPLY, why
    )


def _trail_facts(trail: Trail | None, commit: str) -> list[tuple[str, str]]:
    if trail is None:
        return [("Commit", f"{commit[:7]}, not made by the orchestrator")]
    facts = [("Package", f"{trail.package}, revision {trail.revision}" if trail.revision else trail.package)]
    if trail.commit:
        facts.append(("Commit", trail.passage(Stage.COMMIT).text))
    approval = trail.passage(Stage.APPROVE)
    if approval.state is State.DONE:
        facts.append(("Approved", approval.text))
    return facts


def _drift_facts(evidence: Evidence) -> list[tuple[str, str]]:
    wanted = _keys(evidence)
    found = [
        (note.at, note.event)
        for note in evidence.board.noted
        if isinstance(note.event, kinds.DriftCorrected)
        and note.event.cluster == evidence.cluster
        and note.event.subject.lower() in wanted
    ]
    if not found:
        return []
    at, event = found[-1]
    by = f" by {event.by}" if event.by else ""
    text = f"{event.action}{by} at {at:%H:%M:%S}, put back after {event.took:.1f}s (LAB902)"
    return [("Drifted", text if len(found) == 1 else f"{len(found)} times, last {text}")]


def _newer_facts(evidence: Evidence) -> list[tuple[str, str]]:
    package = evidence.on_main.package if evidence.on_main else evidence.subject.name
    trail = evidence.board.trail(package, evidence.cluster)
    if trail is None or trail.finished:
        return []
    earlier = [t for t in evidence.board.trails_on(evidence.cluster) if t.package == package and t is not trail]
    facts = []
    if earlier and trail.stands_at is not None:
        facts.append(("On its way", f"{trail.revision or trail.upstream}, at {trail.stands_at}: {_at(trail)}"))
    superseded = [t for t in earlier if t.superseded_by and not t.finished]
    facts += [("Superseded", f"{t.revision or t.upstream} by trail {t.superseded_by}") for t in superseded]
    return facts


def _at(trail: Trail) -> str:
    stage = trail.stands_at
    return trail.passage(stage).text or f"waits for {stage.actor}" if stage else "ready"


# -- the object is not there ---------------------------------------------------------------------------------


def _absent(evidence: Evidence, stop: _Stop) -> Verdict:
    facts = list(stop.facts)
    if evidence.on_main is not None:
        where = evidence.on_main
        facts.insert(
            0, ("Should come from", f"{where.file}:{where.line}, commit {where.commit[:7]} in {where.repository}")
        )
    facts.append(("Stopped at", f"{stop.stage}, stage {stop.stage.number} of 9"))
    package = _package(evidence)
    superseded = [
        t
        for t in evidence.board.trails_on(evidence.cluster)
        if t.package == package and t.superseded_by and not t.finished
    ]
    if superseded:
        first = superseded[-1]
        facts.append(("Superseded", f"{first.revision or first.upstream} by trail {first.superseded_by}"))
    what = "is not on" if evidence.subject.kind else "is not ready on"
    headline = f"{evidence.subject} {what} {evidence.cluster}."
    return Verdict(headline, tuple(facts), stop.code, stop.stage, stop.why, stop.next_steps)


def _agent(evidence: Evidence) -> _Stop | None:
    """Right of the line, when Git has it: is anybody pulling?"""
    if evidence.on_main is None and not _committed(evidence):
        return None
    cluster = evidence.cluster
    if evidence.deployment is None:
        why = (
            "A ClusterContext only describes a cluster; it does not connect to it. An agent must be installed on "
            f"{cluster} itself, once, by hand."
        )
        return _Stop("LAB701", Stage.PULL, why, (f"lab cluster bootstrap {cluster}", "lab explain LAB701"))
    if evidence.deployment.get("spec", {}).get("replicas", 1) == 0:
        meta = evidence.deployment["metadata"]
        step = f"lab kubectl --context={cluster} -n {meta['namespace']} scale deployment {meta['name']} --replicas=1"
        return _Stop("LAB703", Stage.PULL, "The agent's Deployment has 0 replicas.", (step,))
    if not evidence.root_syncs:
        why = "The agent runs, but no RootSync tells it which repository to pull."
        return _Stop("LAB705", Stage.PULL, why, (f"lab cluster bootstrap {cluster}",))
    return None


def _source(evidence: Evidence) -> _Stop | None:
    """Does the agent watch the right place, and can it read it?"""
    if evidence.on_main is None and not _committed(evidence):
        return None
    right = [s for s in evidence.root_syncs if _watches(s, evidence)]
    cluster = evidence.cluster
    if not right and evidence.root_syncs:
        git = _git(evidence.root_syncs[0])
        seen = f"{git.get('repo', '?')}, branch {git.get('branch', 'main')}, directory {git.get('dir', '/')}"
        why = (
            f"RootSync {name_of(evidence.root_syncs[0])} watches {seen}; the package is on main of {evidence.pull_url}."
        )
        return _Stop("LAB704", Stage.PULL, why, (f"lab cluster bootstrap {cluster}", "lab explain LAB704"))
    for sync in right or evidence.root_syncs:
        errors = sync.get("status", {}).get("source", {}).get("errors") or []
        if errors:
            first = errors[0]
            code = f"KNV{first.get('code')}"
            lab_code, stage = ("LAB702", Stage.PULL) if code == "KNV2004" else ("LAB801", Stage.APPLY)
            if code == "KNV1021":
                lab_code = "LAB806"
            if evidence.git_away:
                lab_code = "LAB602"
            message = str(first.get("errorMessage", "")).strip().splitlines()
            return _Stop(
                lab_code, stage, message[0] if message else code, (f"lab explain {code}", f"lab logs {cluster}")
            )
    return None


def _refused(evidence: Evidence) -> _Stop | None:
    """Was the object, or its package, refused by the cluster?"""
    for record, event in evidence.board.applies.get(evidence.cluster, {}).values():
        if not isinstance(event, kinds.ApplyFailed):
            continue
        wanted = _keys(evidence)
        mine = [r for r in event.refusals if r.subject.lower() in wanted or (not event.partial)]
        if mine:
            first = mine[0]
            place = f"{first.file}:{first.line}" if first.line else first.file
            facts = [("Refused", f"{first.subject or place} at {record.at:%H:%M:%S}, {place}")]
            steps = (f"lab explain {first.code}", f"lab explain {first.knv}")
            return _Stop(first.code, Stage.APPLY, f"{first.knv}: {first.message}", steps, facts)
    return None


def _git_away(evidence: Evidence) -> _Stop | None:
    if not evidence.git_away:
        return None
    stage = Stage.PULL if _committed(evidence) else Stage.COMMIT
    return _Stop("LAB602", stage, evidence.git_away, ("lab status", "lab up"))


def _draft(evidence: Evidence) -> _Stop | None:
    """Left of the line: is it in a draft that waits, or did a render fail?"""
    if evidence.on_main is not None:
        return None
    trail = evidence.board.trail(_package(evidence), evidence.cluster)
    if trail is not None:
        failed = trail.failed
        if failed is not None and failed.code:
            stage = next(s for s in Stage if trail.passage(s) is failed)
            if stage.comes_before(Stage.PULL):
                return _Stop(
                    failed.code, stage, failed.text, (f"lab explain {failed.code}", f"lab trace {trail.package}")
                )
    package = _package(evidence)
    waiting = evidence.draft or next(
        (r for r in evidence.revisions if r["spec"]["packageName"] == package and _waits(r)), None
    )
    if waiting is None:
        return None
    lifecycle = waiting["spec"]["lifecycle"]
    why = f"{name_of(waiting)} is {lifecycle}: nothing reaches main before somebody approves it."
    package = waiting["spec"]["packageName"]
    return _Stop(
        "LAB501", Stage.APPROVE, why, (f"lab approve {package} --on {evidence.cluster}", "lab explain approve")
    )


def _asked_for(evidence: Evidence) -> _Stop | None:
    """Does anything on the management cluster ask for it?"""
    if evidence.on_main is not None:
        return None
    if evidence.management_away:
        return _Stop(
            "LAB022", Stage.VARIANT, f"The management cluster does not answer: {evidence.management_away}", ("lab up",)
        )
    cluster, package = evidence.cluster, _package(evidence)
    repository = evidence.deployment_repository
    if repository is None:
        why = f"No Repository on the management cluster names the Git repository of {cluster}."
        return _Stop("LAB202", Stage.VARIANT, why, ("lab up", "lab explain Repository"))
    ready = _condition(repository, "Ready")
    if ready is not None and ready.get("status") != "True":
        return _Stop(
            "LAB203",
            Stage.VARIANT,
            f"Repository {name_of(repository)}: {ready.get('message', '')}",
            ("lab explain LAB203",),
        )
    stalled = _stalled(evidence, package)
    if stalled is not None:
        return stalled
    if any(_downstream(v) == package for v in evidence.variants):
        return None
    if cluster not in evidence.contexts:
        why = (
            f"Nothing on the management cluster describes {cluster}, and no PackageVariant asks for {package or 'it'}."
        )
        return _Stop("LAB101", Stage.CONTEXT, why, ("lab up", "lab explain ClusterContext"))
    if evidence.in_blueprint is None and evidence.subject.kind:
        why = "No blueprint declares it, and nothing in the cluster's repository does."
        return _Stop("LAB903", Stage.VARIANT, why, ("lab explain LAB903",))
    why = f"The blueprint {package} declares it, but no PackageVariant copies {package} to {name_of(repository)}."
    return _Stop("LAB201", Stage.VARIANT, why, ("lab up", "lab explain PackageVariant"))


def _stalled(evidence: Evidence, package: str) -> _Stop | None:
    for variant in evidence.variants:
        if package and evidence.in_blueprint is not None and _downstream(variant) != package:
            continue
        condition = _condition(variant, "Stalled")
        if condition is not None and condition.get("status") == "True":
            message = str(condition.get("message", ""))
            code = "LAB204" if "upstream package revision" in message else "LAB205"
            why = f"PackageVariant {name_of(variant)} is Stalled: {message}"
            return _Stop(code, Stage.VARIANT, why, (f"lab explain {code}", "lab git ls-remote nephio-blueprints"))
    return None


def _not_ready(evidence: Evidence) -> _Stop | None:
    directory = evidence.on_main.directory if evidence.on_main else evidence.subject.name
    found = evidence.board.readiness.get((evidence.cluster, directory))
    if found is None or not isinstance(found[1], kinds.PackageNotReady):
        return None
    event = found[1]
    if evidence.subject.kind and event.subject.lower() not in _keys(evidence):
        return None
    return _Stop("LAB901", Stage.READY, f"{event.subject}: {event.reason}", ("lab explain LAB901",))


def _waiting_for_agent(evidence: Evidence) -> _Stop:
    """Nothing is wrong: the agent asks once a period, or the orchestrator is at work."""
    if evidence.on_main is not None or _committed(evidence):
        period = next((_git(s).get("period", "15s") for s in evidence.root_syncs), "15s")
        why = f"Nothing is wrong: {evidence.cluster} asks Git every {period} and has not asked since that commit."
        return _Stop("LAB027", Stage.PULL, why, (f"lab trace {_package(evidence)}",))
    why = "Nothing is wrong that can be seen: the orchestrator is at work on it."
    return _Stop("LAB027", Stage.DRAFT, why, ("lab logs --tail 20",))


_ROAD: tuple[Callable[[Evidence], _Stop | None], ...] = (
    _agent,
    _source,
    _refused,
    _not_ready,
    _git_away,
    _draft,
    _asked_for,
)


# -- small questions to the evidence -------------------------------------------------------------------------


def _package(evidence: Evidence) -> str:
    found = evidence.on_main or evidence.in_draft or evidence.in_blueprint
    if found is not None:
        return found.directory
    if not evidence.subject.kind:
        return evidence.subject.name
    failed = [t.package for t in evidence.board.trails_on(evidence.cluster) if t.failed is not None]
    return failed[-1] if len(set(failed)) == 1 else ""


def _package_ready(evidence: Evidence) -> bool:
    trail = evidence.board.trail(evidence.subject.name, evidence.cluster)
    return trail is not None and trail.finished and evidence.on_main is not None


def _committed(evidence: Evidence) -> bool:
    trail = evidence.board.trail(_package(evidence), evidence.cluster)
    return trail is not None and trail.done(Stage.COMMIT)


def _keys(evidence: Evidence) -> set[str]:
    """The forms in which events name the subject: `kind/name` and `kind/namespace/name`, lower case."""
    subject = evidence.subject
    kind, name = subject.kind.lower(), subject.name.lower()
    namespace = subject.namespace or str((evidence.live or {}).get("metadata", {}).get("namespace") or "")
    return {f"{kind}/{name}", f"{kind}//{name}", f"{kind}/{namespace}/{name}"}


def _watches(sync: Object, evidence: Evidence) -> bool:
    git = _git(sync)
    directory = str(git.get("dir", "/")).strip("/").removeprefix("./").strip(".")
    inside = evidence.on_main is None or evidence.on_main.file.startswith(directory)
    return same(str(git.get("repo", "")), evidence.pull_url) and git.get("branch", "main") == "main" and inside


def _git(sync: Object) -> Mapping[str, Any]:
    found = sync.get("spec", {}).get("git")
    return found if isinstance(found, Mapping) else {}


def _waits(revision: Object) -> bool:
    return revision["spec"].get("lifecycle") in ("Draft", "Proposed")


def _downstream(variant: Object) -> str:
    return str(variant["spec"].get("downstream", {}).get("package", ""))


def _condition(obj: Object, kind: str) -> Mapping[str, Any] | None:
    conditions = obj.get("status", {}).get("conditions") or []
    return next((c for c in conditions if c.get("type") == kind), None)


def _annotations(obj: Object) -> Mapping[str, Any]:
    return obj.get("metadata", {}).get("annotations") or {}
