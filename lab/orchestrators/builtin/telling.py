"""The facts of the management side, told to the journal once each, in order, from what Git says.

What is told follows from the state of a revision alone. A process that died between a push and its word tells it when
it looks again, and one that looks twice tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from lab.events.bus import EventBus
from lab.events.kinds import (
    Approved,
    Committed,
    DraftCreated,
    Event,
    Proposed,
    Rejected,
    Rendered,
    RevisionDeleted,
    SetterOverridden,
)
from lab.orchestrators.builtin.lifecycle import Lifecycle
from lab.orchestrators.builtin.revision import Revision


class Teller:
    """Turns news of revisions into events; knows what the journal told last of each revision's life."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._last: dict[str, Event] = {}
        self._rejected_by: dict[str, str] = {}
        for record in bus.records:
            self._remember(record.event)

    def news(self, changed: Iterable[Revision], gone: Iterable[Revision], *, branch: str) -> None:
        """Tell what is new about revisions of a repository that tracks `branch`."""
        for revision in gone:
            if shown(revision) in self._last or revision.by_orchestrator:
                self._tell(RevisionDeleted(shown(revision)))
        for revision in changed:
            if revision.by_orchestrator and not revision.placeholder:
                self._state(revision, branch)

    def rejecting(self, revision: Revision, user: str) -> None:
        """Remember who sends a revision back: Git will only show that it is a draft again."""
        self._rejected_by[shown(revision)] = user

    def _state(self, revision: Revision, branch: str) -> None:
        name = shown(revision)
        self._bus.publish(
            DraftCreated(
                name,
                revision.repository,
                revision.package,
                revision.workspace,
                revision.task_type,
                variant_of(revision),
                upstream_of(revision),
            )
        )
        images = tuple(image for _, image in revision.kptfile.functions)
        self._bus.publish(Rendered(name, images, dict(revision.setters.values)))
        for lost in revision.setters.overridden:
            self._bus.publish(SetterOverridden(name, lost.setter, lost.variant_value, lost.package_value, lost.where))
        self._lifecycle(revision, name)
        if revision.lifecycle.published:
            self._bus.publish(
                Committed(
                    name,
                    revision.repository,
                    revision.package,
                    revision.path,
                    revision.number,
                    branch,
                    revision.commit,
                    revision.subject,
                )
            )

    def _lifecycle(self, revision: Revision, name: str) -> None:
        last = self._last.get(name)
        if revision.lifecycle is Lifecycle.DRAFT:
            if isinstance(last, Proposed):
                self._tell(Rejected(name, self._rejected_by.pop(name, "")))
        elif revision.lifecycle is Lifecycle.PROPOSED:
            if not isinstance(last, Proposed):
                self._tell(Proposed(name, revision.proposed_by))
        elif not isinstance(last, Approved):
            if not isinstance(last, Proposed):
                self._tell(Proposed(name, revision.proposed_by))
            self._tell(Approved(name, revision.published_by, revision.policy))

    def _tell(self, event: Event) -> None:
        self._remember(event)
        self._bus.publish(event)

    def _remember(self, event: Event) -> None:
        if isinstance(event, Proposed | Approved | Rejected | RevisionDeleted):
            self._last[event.revision] = event


def shown(revision: Revision) -> str:
    """A revision's name in events: plain in the namespace default."""
    return shown_name(revision.namespace, revision.name)


def shown_name(namespace: str, name: str) -> str:
    """A name in events: plain in the namespace default."""
    return name if namespace == "default" else f"{namespace}/{name}"


def variant_of(revision: Revision) -> str:
    """The PackageVariant that controls a revision, by its owner reference; empty without one."""
    for owner in revision.metadata.owners:
        if owner.get("kind") == "PackageVariant":
            return shown_name(revision.namespace, str(owner.get("name") or ""))
    return ""


def upstream_of(revision: Revision) -> str:
    """The upstream of a revision as its lock tells it: `cluster-baseline/v1`; empty without one."""
    return revision.kptfile.upstream_ref
