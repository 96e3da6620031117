"""What one RootSync's reconciler tells the lab: facts of the stages pull and apply, and warnings."""

from __future__ import annotations

from collections.abc import Collection

from lab.agents.builtin.refusals import as_refusals
from lab.agents.builtin.sync_run import Result
from lab.agents.builtin.sync_spec import SyncSpec
from lab.events.bus import EventBus
from lab.events.kinds import Applied, ApplyFailed, Pulled, PullFailed, Retried, SyncDeclared, Warned
from lab.git.urls import without_credentials
from lab.reconcile.faults import Fault, lab_code

_NOTHING = {"created": 0, "configured": 0, "unchanged": 0, "pruned": 0}


class Reports:
    """Publishes for one RootSync; the bus drops what it has already heard."""

    def __init__(self, cluster: str, spec: SyncSpec, bus: EventBus) -> None:
        self._cluster = cluster
        self._spec = spec
        self._bus = bus
        self._url = without_credentials(spec.url)

    def declared(self) -> None:
        """The RootSync was read."""
        spec = self._spec
        self._bus.publish(SyncDeclared(self._cluster, spec.name, self._url, spec.branch, spec.directory, spec.period))

    def pulled(self, commit: str, news: tuple[str, ...]) -> None:
        """A commit was fetched."""
        spec = self._spec
        self._bus.publish(Pulled(self._cluster, spec.name, self._url, spec.branch, commit, news))

    def not_pulled(self, fault: Fault, said: str) -> None:
        """Nothing could be fetched; `said` is stable from one attempt to the next."""
        code = lab_code(fault.knv)
        self._bus.publish(PullFailed(self._cluster, self._spec.name, self._url, code, f"KNV{fault.knv}", said))

    def taken_as_unstructured(self) -> None:
        """The RootSync does not say its format."""
        text = (
            f"RootSync {self._spec.name} has no spec.sourceFormat; it is taken as unstructured. Config Sync takes it "
            "as hierarchy and fails with KNV1017. Set spec.sourceFormat: unstructured."
        )
        self._bus.publish(Warned("LAB706", self._subject, text))

    def noted(self, notes: Collection[tuple[str, str]]) -> None:
        """The commit holds what Config Sync would refuse."""
        if notes:
            text = "; ".join(f"{sentence} (KNV{knv} upstream)" for knv, sentence in notes)
            self._bus.publish(Warned("LAB808", self._subject, text))

    def applied(self, commit: str, result: Result, directories: Collection[str]) -> None:
        """Everything of a commit is applied."""
        counts = result.outcome.counts if result.outcome is not None else {}
        packages = {name: {**_NOTHING, **counts.get(name, {})} for name in sorted({*directories, *counts})}
        self._bus.publish(Applied(self._cluster, self._spec.name, commit, packages))

    def not_applied(self, commit: str, result: Result, directories: Collection[str]) -> None:
        """Something of a commit was refused."""
        refusals = as_refusals(result.faults, directories)
        partial = result.outcome is not None
        self._bus.publish(ApplyFailed(self._cluster, self._spec.name, commit, refusals, partial))

    def retried(self, attempt: int, error: str, wait: float) -> None:
        """Another attempt follows."""
        self._bus.publish(Retried(f"sync {self._subject}", attempt, error, wait))

    @property
    def _subject(self) -> str:
        return f"{self._cluster}/{self._spec.name}"
