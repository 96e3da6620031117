"""One line of text for each fact, in the words of the field: who did what to what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.events import kinds
from lab.events.records import Record

SENTENCE_AT = 23
"""The column in which the sentence of a line begins: behind the hour and the stage."""


def line_of(record: Record) -> str:
    """Hour, stage, and a sentence."""
    hour = record.at.strftime("%H:%M:%S.%f")[:-3]
    stage = str(record.event.stage or "·")
    return f"{hour}  {stage:<8} {sentence(record.event)}"


def sentence(event: kinds.Event) -> str:
    """What happened, in one sentence without the hour."""
    teller = _TELLERS.get(type(event))
    return teller(event) if teller else f"{type(event).__name__} {event.data()}"


def parts_in(record: Record) -> set[str]:
    """Every name that a record is about: clusters, packages, repositories, revisions, its stage and its kind."""
    names = {type(record.event).__name__, str(record.event.stage or "")}
    for key, value in record.event.data().items():
        if key in _NAMES and isinstance(value, str) and value:
            names.add(value)
    return names - {""}


_NAMES = frozenset({"cluster", "package", "repository", "revision", "variant", "part", "root_sync", "subject", "code"})


def _counts(packages: Any) -> str:
    shown = []
    for directory, counts in packages.items():
        numbers = ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "nothing to do"
        shown.append(f"{directory or 'files'}: {numbers}")
    return "; ".join(shown) or "nothing to do"


def _amount(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


_TELLERS: dict[type[kinds.Event], Callable[[Any], str]] = {
    kinds.LabStarted: lambda e: f"lab {e.lab} starts with profile {e.profile}",
    kinds.LabStopped: lambda e: f"lab {e.lab} stopped",
    kinds.PartChanged: lambda e: f"{e.part} is {e.state} ({e.fidelity})" + (f": {e.detail}" if e.detail else ""),
    kinds.Warned: lambda e: f"{e.code} {e.subject}: {e.message}",
    kinds.Retried: lambda e: f"{e.what} failed ({e.error}), attempt {e.attempt}, again in {e.wait:.1f}s",
    kinds.RepositoryChanged: lambda e: (
        f"Repository {e.repository} → {e.url} is {'ready' if e.ready else 'not ready'}"
        + (f": {e.message}" if e.message and not e.ready else "")
    ),
    kinds.RepositoryRemoved: lambda e: f"Repository {e.repository} is unregistered; Git is untouched",
    kinds.ContextAccepted: lambda e: f"ClusterContext {e.name} describes {e.cluster}",
    kinds.ContextRemoved: lambda e: f"ClusterContext {e.name} is gone",
    kinds.VariantAccepted: lambda e: f"PackageVariant {e.variant}: {e.upstream} → {e.repository}/{e.package}",
    kinds.VariantStalled: lambda e: f"{e.code} PackageVariant {e.variant} is Stalled: {e.message}",
    kinds.VariantRemoved: lambda e: f"PackageVariant {e.variant} is gone",
    kinds.DraftCreated: lambda e: f"draft {e.revision}" + (f" ({e.task})" if e.task else ""),
    kinds.DraftFailed: lambda e: f"{e.code} no draft for {e.variant}: {e.message}",
    kinds.Rendered: lambda e: f"{e.revision} rendered by {_amount(len(e.functions), 'function')}",
    kinds.RenderFailed: lambda e: f"{e.code} {e.revision or e.variant}: {e.function} failed: {e.message}",
    kinds.SetterOverridden: lambda e: (
        f"LAB404 {e.revision}: {e.setter} = {e.package_value} of {e.where} wins over {e.variant_value} of the variant"
    ),
    kinds.Proposed: lambda e: f"{e.revision} proposed by {e.by or 'somebody'}",
    kinds.Approved: lambda e: f"{e.revision} published by {'policy ' + e.policy if e.policy else e.by}",
    kinds.Rejected: lambda e: f"{e.revision} sent back by {e.by}",
    kinds.RevisionDeleted: lambda e: f"{e.revision} deleted",
    kinds.Committed: lambda e: f'{e.commit[:7]} on {e.branch} of {e.repository}: "{e.subject}"',
    kinds.CommitFailed: lambda e: f"{e.code} {e.revision}: {e.message}",
    kinds.AgentStarted: lambda e: f"{e.cluster}: the agent runs",
    kinds.AgentStopped: lambda e: f"{e.cluster}: the agent stopped" + (f": {e.reason}" if e.reason else ""),
    kinds.SyncDeclared: lambda e: (
        f"{e.cluster}: RootSync {e.root_sync} watches {e.url} {e.branch} {e.directory or '/'}"
    ),
    kinds.SyncRemoved: lambda e: f"{e.cluster}: RootSync {e.root_sync} is gone",
    kinds.Pulled: lambda e: f"{e.cluster} fetched {e.commit[:7]}",
    kinds.PullFailed: lambda e: f"{e.code} {e.cluster}: {e.knv}: {e.message}",
    kinds.Applied: lambda e: f"{e.cluster} applied {e.commit[:7]}: {_counts(e.packages)}",
    kinds.ApplyFailed: lambda e: (
        f"{e.cluster} could not apply {e.commit[:7]}: " + "; ".join(f"{r.knv} {r.message}" for r in e.refusals[:3])
    ),
    kinds.PackageReady: lambda e: f"{e.cluster}: {e.directory or 'files'}: {_amount(e.objects, 'object')} Current",
    kinds.PackageNotReady: lambda e: f"{e.cluster}: {e.directory or 'files'}: {e.subject}: {e.reason}",
    kinds.DriftCorrected: lambda e: f"{e.cluster}: {e.subject} was {e.action} by {e.by or 'somebody'}; Git won",
}
