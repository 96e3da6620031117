"""The fold: records in, the state of the whole lab out. Everything a person sees is computed from here.

Left of the line a trail is found by its package revision, right of it by its commit: Git is the bridge in the data
as it is in the world. A fold of the same records gives the same board, whoever does it and whenever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lab.events import kinds
from lab.events.records import Record
from lab.model.stage import Stage
from lab.model.trail import Passage, State, Trail


@dataclass(frozen=True, slots=True)
class Noted:
    """A fact beside the stages with its hour: a warning, a drift that was put back, a retry."""

    seq: int
    at: datetime
    event: kinds.Event


@dataclass(frozen=True, slots=True)
class Fetched:
    """A commit that a cluster's agent fetched."""

    seq: int
    at: datetime
    root_sync: str


class Board:
    """What stands where after the records folded so far; read its attributes, change it only with `fold`."""

    def __init__(self) -> None:
        self.seq = 0
        self.at: datetime | None = None
        self.lab: kinds.LabStarted | None = None
        self.parts: dict[str, kinds.PartChanged] = {}
        self.repositories: dict[str, kinds.RepositoryChanged] = {}
        self.contexts: dict[str, kinds.ContextAccepted] = {}
        self.variants: dict[str, kinds.VariantAccepted | kinds.VariantStalled] = {}
        self.trails: list[Trail] = []
        self.agents: dict[str, bool] = {}
        self.syncs: dict[str, dict[str, kinds.SyncDeclared]] = defaultdict(dict)
        self.pulls: dict[str, dict[str, kinds.Pulled | kinds.PullFailed]] = defaultdict(dict)
        self.applies: dict[str, dict[str, tuple[Record, kinds.Applied | kinds.ApplyFailed]]] = defaultdict(dict)
        self.readiness: dict[tuple[str, str], tuple[Record, kinds.PackageReady | kinds.PackageNotReady]] = {}
        self.noted: list[Noted] = []
        self._current: dict[tuple[str, str], Trail] = {}
        self._by_revision: dict[str, Trail] = {}
        self._by_cluster: dict[str, list[Trail]] = defaultdict(list)
        self._fetched: dict[str, dict[str, Fetched]] = defaultdict(dict)
        self._context_at: dict[str, datetime] = {}

    def fold(self, record: Record) -> None:
        """Take one more record into account."""
        self.seq, self.at = record.seq, record.at
        handler = _HANDLERS.get(type(record.event))
        if handler is not None:
            handler(self, record, record.event)

    def trail(self, package: str, cluster: str = "") -> Trail | None:
        """The newest trail of a package, on one cluster where named."""
        known = self._by_cluster.get(cluster, []) if cluster else self.trails
        return next((t for t in reversed(known) if t.package == package), None)

    def trails_on(self, cluster: str) -> list[Trail]:
        """Every trail of a cluster, oldest first."""
        return list(self._by_cluster.get(cluster, ()))

    def current_trails(self) -> list[Trail]:
        """The newest trail of each package on each cluster."""
        return list(self._current.values())

    def trail_of_revision(self, revision: str) -> Trail | None:
        """The trail of a package revision."""
        return self._by_revision.get(revision)

    # -- the management side ---------------------------------------------------------------------------------

    def _lab_started(self, _record: Record, event: kinds.LabStarted) -> None:
        self.lab = event

    def _part(self, _record: Record, event: kinds.PartChanged) -> None:
        self.parts[event.part] = event

    def _note(self, record: Record, event: kinds.Event) -> None:
        self.noted.append(Noted(record.seq, record.at, event))

    def _repository(self, _record: Record, event: kinds.RepositoryChanged) -> None:
        self.repositories[event.repository] = event
        # A variant may ask for a package before anybody says whose repository that is.
        for trail in [t for t in self._by_cluster.get("", ()) if event.cluster and t.repository == event.repository]:
            self._by_cluster[""].remove(trail)
            self._by_cluster[event.cluster].append(trail)
            trail.cluster = event.cluster
            self._mark_context(trail)

    def _repository_gone(self, _record: Record, event: kinds.RepositoryRemoved) -> None:
        self.repositories.pop(event.repository, None)

    def _context(self, record: Record, event: kinds.ContextAccepted) -> None:
        self.contexts[event.cluster] = event
        self._context_at[event.cluster] = record.at
        for trail in self._by_cluster.get(event.cluster, ()):
            if not trail.done(Stage.RENDER):
                self._mark_context(trail)

    def _context_gone(self, _record: Record, event: kinds.ContextRemoved) -> None:
        self.contexts.pop(event.cluster, None)
        self._context_at.pop(event.cluster, None)

    def _variant(self, record: Record, event: kinds.VariantAccepted) -> None:
        self.variants[event.variant] = event
        if not self._is_deployment(event.repository):
            return
        trail = self._current.get((event.repository, event.package))
        if trail is None or (trail.revision and trail.upstream and trail.upstream != event.upstream):
            trail = self._begin(record, event.repository, event.package)
        trail.variant, trail.upstream = event.variant, event.upstream
        if not trail.done(Stage.VARIANT):
            facts = {"package": event.package, "upstream": event.upstream}
            text = f"PackageVariant {event.variant}: {event.upstream} → {event.repository}/{event.package}"
            _mark(trail, Stage.VARIANT, record, "you", text, facts)

    def _variant_stalled(self, record: Record, event: kinds.VariantStalled) -> None:
        self.variants[event.variant] = event
        trail = self._open(record, event.repository, event.package)
        trail.variant = event.variant
        _stop(trail, Stage.VARIANT, record, "you", event.message, event.code)

    def _variant_gone(self, _record: Record, event: kinds.VariantRemoved) -> None:
        self.variants.pop(event.variant, None)

    def _draft(self, record: Record, event: kinds.DraftCreated) -> None:
        if not self._is_deployment(event.repository) or event.revision in self._by_revision:
            return
        trail = self._current.get((event.repository, event.package))
        if trail is None or trail.revision:
            earlier = trail
            trail = self._begin(record, event.repository, event.package)
            if earlier is not None and event.variant:
                trail.variant, trail.upstream = earlier.variant, earlier.upstream
                trail.passages[Stage.VARIANT] = earlier.passage(Stage.VARIANT)
        trail.revision = event.revision
        self._by_revision[event.revision] = trail
        facts = {"package": event.package, "task": event.task, "workspace": event.workspace}
        _mark(trail, Stage.DRAFT, record, "orchestrator", f"{event.revision} ({event.task})", facts)

    def _draft_failed(self, record: Record, event: kinds.DraftFailed) -> None:
        trail = self._open(record, event.repository, event.package)
        trail.variant = event.variant
        _stop(trail, Stage.DRAFT, record, "orchestrator", event.message, event.code)

    def _rendered(self, record: Record, event: kinds.Rendered) -> None:
        trail = self._by_revision.get(event.revision)
        if trail is None:
            return
        values = ", ".join(f"{key} = {value}" for key, value in sorted(event.values.items())[:3])
        count = len(event.functions)
        text = f"{count} function{'' if count == 1 else 's'}" + (f"; {values}" if values else "")
        facts = {"functions": ",".join(event.functions), **{f"set.{k}": v for k, v in event.values.items()}}
        _mark(trail, Stage.RENDER, record, "orchestrator", text, facts)

    def _render_failed(self, record: Record, event: kinds.RenderFailed) -> None:
        trail = self._by_revision.get(event.revision) or self._open(record, event.repository, event.package)
        where = (
            f" ({event.file}:{event.line})" if event.file and event.line else f" ({event.file})" if event.file else ""
        )
        text = f"{event.function}: {event.message}{where}" if event.function else f"{event.message}{where}"
        facts = {"function": event.function, "file": event.file}
        _stop(trail, Stage.RENDER, record, "orchestrator", text, event.code, facts)

    def _proposed(self, record: Record, event: kinds.Proposed) -> None:
        trail = self._by_revision.get(event.revision)
        if trail is not None:
            text = f"proposed by {event.by}, waiting for approval"
            trail.passages[Stage.APPROVE] = Passage(State.WAITING, record.at, "you", text, "LAB501")

    def _approved(self, record: Record, event: kinds.Approved) -> None:
        trail = self._by_revision.get(event.revision)
        if trail is not None:
            text = f"published by the policy `{event.policy}`" if event.policy else f"published by {event.by}"
            _mark(trail, Stage.APPROVE, record, "policy" if event.policy else "you", text, {"policy": event.policy})

    def _rejected(self, record: Record, event: kinds.Rejected) -> None:
        trail = self._by_revision.get(event.revision)
        if trail is not None:
            text = f"sent back to Draft by {event.by}"
            trail.passages[Stage.APPROVE] = Passage(State.WAITING, record.at, "you", text, "LAB501")

    def _revision_gone(self, _record: Record, event: kinds.RevisionDeleted) -> None:
        self._by_revision.pop(event.revision, None)

    def _committed(self, record: Record, event: kinds.Committed) -> None:
        trail = self._by_revision.get(event.revision)
        if trail is None:
            return
        trail.commit, trail.directory = event.commit, event.directory
        text = f'{event.commit[:7]} on {event.branch}: "{event.subject}"'
        facts = {"branch": event.branch, "directory": event.directory, "revision": f"v{event.number}"}
        _mark(trail, Stage.COMMIT, record, "orchestrator", text, facts)
        # An agent may fetch the commit before the orchestrator has told of it.
        self._join_pull(trail, trail.cluster)
        self._join_apply(trail)
        self._join_ready(trail)

    def _commit_failed(self, record: Record, event: kinds.CommitFailed) -> None:
        trail = self._by_revision.get(event.revision)
        if trail is not None and not trail.done(Stage.COMMIT):
            _stop(trail, Stage.COMMIT, record, "orchestrator", event.message, event.code)

    # -- the workload side -----------------------------------------------------------------------------------

    def _agent(self, _record: Record, event: kinds.AgentStarted | kinds.AgentStopped) -> None:
        self.agents[event.cluster] = isinstance(event, kinds.AgentStarted)

    def _sync(self, _record: Record, event: kinds.SyncDeclared) -> None:
        self.syncs[event.cluster][event.root_sync] = event

    def _sync_gone(self, _record: Record, event: kinds.SyncRemoved) -> None:
        self.syncs[event.cluster].pop(event.root_sync, None)
        self.pulls[event.cluster].pop(event.root_sync, None)

    def _pulled(self, record: Record, event: kinds.Pulled) -> None:
        self.pulls[event.cluster][event.root_sync] = event
        for commit in event.commits or (event.commit,):
            self._fetched[event.cluster].setdefault(commit, Fetched(record.seq, record.at, event.root_sync))
        for trail in self._waiting_on(event.cluster, Stage.PULL):
            self._join_pull(trail, event.cluster)

    def _pull_failed(self, record: Record, event: kinds.PullFailed) -> None:
        self.pulls[event.cluster][event.root_sync] = event
        for trail in self._waiting_on(event.cluster, Stage.PULL):
            _stop(trail, Stage.PULL, record, event.cluster, f"{event.knv}: {event.message}", event.code)

    def _applied(self, record: Record, event: kinds.Applied | kinds.ApplyFailed) -> None:
        self.applies[event.cluster][event.root_sync] = (record, event)
        for trail in self._by_cluster.get(event.cluster, ()):
            self._join_apply(trail)

    def _ready(self, record: Record, event: kinds.PackageReady | kinds.PackageNotReady) -> None:
        self.readiness[(event.cluster, event.directory)] = (record, event)
        for trail in self._by_cluster.get(event.cluster, ()):
            self._join_ready(trail)

    # -- joining ---------------------------------------------------------------------------------------------

    def _join_pull(self, trail: Trail, cluster: str) -> None:
        fetched = self._fetched.get(cluster, {}).get(trail.commit)
        if fetched is None or not trail.commit or trail.done(Stage.PULL):
            return
        trail.pulled_seq = fetched.seq
        at = max(fetched.at, trail.passage(Stage.COMMIT).at or fetched.at)
        text = f"saw {trail.commit[:7]}"
        trail.passages[Stage.PULL] = Passage(State.DONE, at, cluster, text, facts={"rootsync": fetched.root_sync})

    def _join_apply(self, trail: Trail) -> None:
        if not trail.done(Stage.PULL) or trail.done(Stage.APPLY):
            return
        for record, event in self.applies.get(trail.cluster, {}).values():
            if record.seq < trail.pulled_seq:
                continue
            if isinstance(event, kinds.ApplyFailed):
                self._apply_failed(trail, record, event)
            elif trail.directory in event.packages:
                counts = event.packages[trail.directory]
                at = replace(record, at=max(record.at, trail.passage(Stage.PULL).at or record.at))
                text = ", ".join(f"{number} {what}" for what, number in counts.items() if number) or "nothing to change"
                _mark(trail, Stage.APPLY, at, trail.cluster, text, {"objects": str(_present(counts))})

    def _apply_failed(self, trail: Trail, record: Record, event: kinds.ApplyFailed) -> None:
        mine = [r for r in event.refusals if r.directory in (trail.directory, "")]
        if mine:
            first = mine[0]
            text = f"{first.knv}: {first.message}{_place(first.file, first.line)}"
            facts = {"knv": first.knv, "subject": first.subject}
            _stop(trail, Stage.APPLY, record, trail.cluster, text, first.code, facts)
        elif event.partial:
            _mark(trail, Stage.APPLY, record, trail.cluster, "applied; another package of the commit was refused", {})

    def _join_ready(self, trail: Trail) -> None:
        found = self.readiness.get((trail.cluster, trail.directory))
        if found is None or not trail.done(Stage.APPLY) or trail.done(Stage.READY):
            return
        record, event = found
        if record.seq < trail.pulled_seq:
            return
        if isinstance(event, kinds.PackageReady):
            at = replace(record, at=max(record.at, trail.passage(Stage.APPLY).at or record.at))
            text = f"{event.objects} objects Current" + (f"; {', '.join(event.notable)}" if event.notable else "")
            _mark(trail, Stage.READY, at, trail.cluster, text, {"objects": str(event.objects)})
        else:
            text = f"{event.subject}: {event.reason}"
            _stop(trail, Stage.READY, record, trail.cluster, text, "LAB901", {"subject": event.subject})

    # -- trails ----------------------------------------------------------------------------------------------

    def _is_deployment(self, repository: str) -> bool:
        known = self.repositories.get(repository)
        return known is None or known.deployment

    def _open(self, record: Record, repository: str, package: str) -> Trail:
        return self._current.get((repository, package)) or self._begin(record, repository, package)

    def _begin(self, record: Record, repository: str, package: str) -> Trail:
        known = self.repositories.get(repository)
        cluster = known.cluster if known is not None else ""
        trail = Trail(len(self.trails) + 1, package, repository, cluster, record.at)
        earlier = self._current.get((repository, package))
        if earlier is not None and not earlier.finished:
            earlier.superseded_by = trail.number
        self.trails.append(trail)
        self._current[(repository, package)] = trail
        self._by_cluster[cluster].append(trail)
        self._mark_context(trail)
        return trail

    def _mark_context(self, trail: Trail) -> None:
        context = self.contexts.get(trail.cluster)
        if context is not None and not trail.done(Stage.CONTEXT):
            text = f"ClusterContext {context.name}: metadata only"
            at = self._context_at[trail.cluster]
            trail.passages[Stage.CONTEXT] = Passage(State.DONE, at, "you", text, facts=dict(context.facts))

    def _waiting_on(self, cluster: str, stage: Stage) -> list[Trail]:
        return [
            trail
            for trail in self._by_cluster.get(cluster, ())
            if trail.commit and not trail.done(stage) and trail.superseded_by is None
        ]


def board_of(records: Iterable[Record]) -> Board:
    """The board after all of `records`."""
    board = Board()
    for record in records:
        board.fold(record)
    return board


def _mark(trail: Trail, stage: Stage, record: Record, who: str, text: str, facts: dict[str, str]) -> None:
    trail.passages[stage] = Passage(State.DONE, record.at, who, text, facts=facts)


def _stop(
    trail: Trail, stage: Stage, record: Record, who: str, text: str, code: str, facts: dict[str, str] | None = None
) -> None:
    trail.passages[stage] = Passage(State.FAILED, record.at, who, text, code, facts or {})


def _place(file: str, line: int) -> str:
    return f" ({file}:{line})" if line else f" ({file})" if file else ""


def _present(counts: Any) -> int:
    return sum(number for what, number in counts.items() if what != "pruned")


_HANDLERS: dict[type[kinds.Event], Callable[[Board, Record, Any], None]] = {
    kinds.LabStarted: Board._lab_started,
    kinds.PartChanged: Board._part,
    kinds.Warned: Board._note,
    kinds.Retried: Board._note,
    kinds.DriftCorrected: Board._note,
    kinds.SetterOverridden: Board._note,
    kinds.RepositoryChanged: Board._repository,
    kinds.RepositoryRemoved: Board._repository_gone,
    kinds.ContextAccepted: Board._context,
    kinds.ContextRemoved: Board._context_gone,
    kinds.VariantAccepted: Board._variant,
    kinds.VariantStalled: Board._variant_stalled,
    kinds.VariantRemoved: Board._variant_gone,
    kinds.DraftCreated: Board._draft,
    kinds.DraftFailed: Board._draft_failed,
    kinds.Rendered: Board._rendered,
    kinds.RenderFailed: Board._render_failed,
    kinds.Proposed: Board._proposed,
    kinds.Approved: Board._approved,
    kinds.Rejected: Board._rejected,
    kinds.RevisionDeleted: Board._revision_gone,
    kinds.Committed: Board._committed,
    kinds.CommitFailed: Board._commit_failed,
    kinds.AgentStarted: Board._agent,
    kinds.AgentStopped: Board._agent,
    kinds.SyncDeclared: Board._sync,
    kinds.SyncRemoved: Board._sync_gone,
    kinds.Pulled: Board._pulled,
    kinds.PullFailed: Board._pull_failed,
    kinds.Applied: Board._applied,
    kinds.ApplyFailed: Board._applied,
    kinds.PackageReady: Board._ready,
    kinds.PackageNotReady: Board._ready,
}
