"""The object is there: from which file, revision and commit, who approved it, and what happened to it since."""

from __future__ import annotations

from lab.events import kinds
from lab.model.stage import Stage
from lab.model.trail import State, Trail
from lab.scenarios.evidence import Evidence
from lab.scenarios.reasons import workload
from lab.scenarios.reasons.questions import annotations_of, earlier_trails, is_subject, trail_of
from lab.scenarios.reasons.verdict import Stop, Verdict

Facts = list[tuple[str, str]]


def present(evidence: Evidence) -> Verdict:
    """The answer for what is on the cluster."""
    subject, cluster = evidence.subject, evidence.cluster
    declaration = evidence.on_main
    if declaration is None and not evidence.git_away:
        return _undeclared(evidence)
    facts: Facts = []
    if declaration is not None:
        facts.append(("Comes from", f"{declaration.file}:{declaration.line} in {declaration.repository}"))
        facts += _trail_facts(trail_of(evidence), declaration.commit)
    else:
        facts.append(("Git", f"cannot be asked now: {evidence.git_away}"))
    facts += _drift_facts(evidence) + newer_facts(evidence) + _agent_facts(evidence)
    stopped = workload.refused(evidence)
    if stopped is not None:
        return stopped.verdict(f"{subject} is on {cluster}, but not as Git declares it.", facts)
    stopped = workload.not_ready(evidence)
    if stopped is not None:
        return stopped.verdict(f"{subject} is on {cluster}, and not ready.", facts)
    verb = "is ready on" if not subject.kind else "is on"
    tail = ", as Git declares it." if declaration is not None else "; whether Git still declares it cannot be seen."
    return Verdict(f"{subject} {verb} {cluster}{tail}", tuple(facts))


def newer_facts(evidence: Evidence) -> Facts:
    """What is on its way in place of what is there, and what it overtook."""
    trail = trail_of(evidence)
    if trail is None or trail.finished:
        return []
    earlier = earlier_trails(evidence)
    facts: Facts = []
    if earlier and trail.stands_at is not None:
        facts.append(("On its way", f"{trail.revision or trail.upstream}, at {trail.stands_at}: {_standing(trail)}"))
    return facts + superseded_facts(earlier)


def superseded_facts(earlier: list[Trail]) -> Facts:
    """The newest trail that was overtaken before it arrived."""
    overtaken = [t for t in earlier if t.superseded_by and not t.finished]
    return [("Superseded", f"{t.revision or t.upstream} by trail {t.superseded_by}") for t in overtaken[-1:]]


def _undeclared(evidence: Evidence) -> Verdict:
    headline = f"{evidence.subject} is on {evidence.cluster}, but Git does not declare it."
    managed = annotations_of(evidence.live or {}).get("configmanagement.gke.io/managed")
    if not managed:
        why = "No file on main of the cluster's repository declares it: somebody or something on the cluster made it."
        return Stop("LAB903", Stage.APPLY, why, ("lab explain LAB903",)).verdict(headline, [])
    silent = workload.nobody_pulls(evidence)
    if silent is not None:
        silent.why = f"It left Git, and nobody takes it away. {silent.why}"
        return silent.verdict(headline, [])
    why = "It left Git and is still here: the agent prunes it with its next question, unless it was told to keep it."
    return Stop("LAB903", Stage.APPLY, why, (f"lab logs {evidence.cluster} --tail 5",)).verdict(headline, [])


def _trail_facts(trail: Trail | None, commit: str) -> Facts:
    if trail is None:
        return [("Commit", f"{commit[:7]}, not made by the orchestrator")]
    facts = [("Package", f"{trail.package}, revision {trail.revision}" if trail.revision else trail.package)]
    if trail.commit:
        facts.append(("Commit", trail.passage(Stage.COMMIT).text))
    approval = trail.passage(Stage.APPROVE)
    if approval.state is State.DONE:
        facts.append(("Approved", approval.text))
    return facts


def _drift_facts(evidence: Evidence) -> Facts:
    found = [
        (note.at, note.event)
        for note in evidence.board.noted
        if isinstance(note.event, kinds.DriftCorrected)
        and note.event.cluster == evidence.cluster
        and is_subject(evidence, note.event.subject)
    ]
    if not found:
        return []
    at, event = found[-1]
    by = f" by {event.by}" if event.by else ""
    text = f"{event.action}{by} at {at:%H:%M:%S}, put back after {event.took:.1f}s (LAB902)"
    return [("Drifted", text if len(found) == 1 else f"{len(found)} times, last {text}")]


def _agent_facts(evidence: Evidence) -> Facts:
    """The silence that begins when nobody pulls any more, told while everything still looks well."""
    silent = workload.nobody_pulls(evidence)
    return [("Agent", f"{silent.why} What changes in Git no longer arrives ({silent.code}).")] if silent else []


def _standing(trail: Trail) -> str:
    stage = trail.stands_at
    return trail.passage(stage).text or f"waits for {stage.actor}" if stage else "ready"
