"""Why is this object here, or not here? A pure verdict over the evidence.

The road is walked backward from the object: is it there, is it in Git, is it in a draft, does anybody ask for it. The
first thing that is missing, seen from the side that has to act, is the answer.
"""

from __future__ import annotations

from collections.abc import Callable

from lab.scenarios.evidence import Evidence
from lab.scenarios.reasons import management, workload
from lab.scenarios.reasons.present import present, superseded_facts
from lab.scenarios.reasons.questions import earlier_trails, package_ready
from lab.scenarios.reasons.verdict import Stop, Verdict

_ROAD: tuple[Callable[[Evidence], Stop | None], ...] = (
    workload.agent,
    workload.source,
    workload.refused,
    workload.not_ready,
    management.git_away,
    workload.not_asked_yet,
    management.draft,
    management.management_away,
    management.repository,
    management.stalled,
    management.older_revision,
    management.nobody_asks,
)


def decide(evidence: Evidence) -> Verdict:
    """The answer to `lab why`."""
    if evidence.live is not None or (not evidence.subject.kind and package_ready(evidence)):
        return present(evidence)
    for look in _ROAD:
        stop = look(evidence)
        if stop is not None:
            return _absent(evidence, stop)
    return _absent(evidence, management.at_work(evidence))


def _absent(evidence: Evidence, stop: Stop) -> Verdict:
    facts = list(stop.facts)
    where = evidence.on_main
    if where is not None:
        origin = f"{where.file}:{where.line}, commit {where.commit[:7]} in {where.repository}"
        facts.insert(0, ("Should come from", origin))
    facts.append(("Stopped at", f"{stop.stage}, stage {stop.stage.number} of 9"))
    earlier = earlier_trails(evidence)
    facts += superseded_facts(earlier)
    return stop.verdict(_headline(evidence, arrived=any(t.finished for t in earlier)), facts)


def _headline(evidence: Evidence, *, arrived: bool) -> str:
    subject, cluster = evidence.subject, evidence.cluster
    if subject.kind:
        return f"{subject} is not on {cluster}."
    if arrived:
        return f"{subject} is on {cluster}, but not its newest revision."
    return f"{subject} is not ready on {cluster}."
