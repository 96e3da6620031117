"""The life of a package revision as a table that runs: what a request may ask in each state, and what is then done.

Source: Porch, strategies of PackageRevision and its `approval` subresource, with their texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Lifecycle(StrEnum):
    """The four states of a package revision."""

    DRAFT = "Draft"
    PROPOSED = "Proposed"
    PUBLISHED = "Published"
    DELETION_PROPOSED = "DeletionProposed"

    @property
    def published(self) -> bool:
        """Its content is on the repository's branch and cannot change."""
        return self in (Lifecycle.PUBLISHED, Lifecycle.DELETION_PROPOSED)


class Act(StrEnum):
    """What a step in the table does to Git."""

    KEEP = "keep"
    RENDER = "render"
    PROPOSE = "propose"
    REJECT = "reject"
    APPROVE = "approve"
    PROPOSE_DELETION = "propose deletion"
    KEEP_AFTER_ALL = "keep after all"
    DELETE = "delete"


class NotAllowed(Exception):
    """The table has no such step; the text is Porch's."""


D, P, U, X = Lifecycle.DRAFT, Lifecycle.PROPOSED, Lifecycle.PUBLISHED, Lifecycle.DELETION_PROPOSED

UPDATE: Mapping[tuple[Lifecycle, Lifecycle], Act] = {
    (D, D): Act.RENDER,
    (D, P): Act.PROPOSE,
    (P, P): Act.KEEP,
    (P, D): Act.REJECT,
    (U, U): Act.KEEP,
    (U, X): Act.PROPOSE_DELETION,
    (X, X): Act.KEEP,
    (X, U): Act.KEEP_AFTER_ALL,
}
"""Steps of the main resource, as (now, wanted)."""

APPROVAL: Mapping[tuple[Lifecycle, Lifecycle], Act] = {
    (P, U): Act.APPROVE,
    (P, D): Act.REJECT,
    (U, X): Act.PROPOSE_DELETION,
    (X, U): Act.KEEP_AFTER_ALL,
}
"""Steps of the `approval` subresource, as (now, wanted)."""

DELETION: Mapping[Lifecycle, Act] = {D: Act.DELETE, P: Act.DELETE, X: Act.DELETE}
"""What can be deleted."""

NEVER_PUBLISHED = "value can be only updated to Draft,Proposed"
UNKNOWN_VALUE = "value can be only updated to Draft,Proposed,Published,DeletionProposed"
CREATE_AS_DRAFT = "value can be only created as Draft"
PUBLISHED_DELETE = (
    "published PackageRevisions must be proposed for deletion by setting spec.lifecycle to 'DeletionProposed' "
    "prior to deletion"
)
DRAFTS_ONLY = "can only update package with lifecycle value one of Draft,Proposed"


def lifecycle_of(text: str) -> Lifecycle:
    """The state of that name; empty means Draft. Raises NotAllowed for any other text."""
    try:
        return Lifecycle(text or "Draft")
    except ValueError:
        raise NotAllowed(UNKNOWN_VALUE) from None


def on_update(now: Lifecycle, wanted: str) -> Act:
    """What an update of the main resource means. Raises NotAllowed."""
    target = lifecycle_of(wanted)
    act = UPDATE.get((now, target))
    if act is None:
        raise NotAllowed(NEVER_PUBLISHED if not now.published else f"value can be only updated to {U},{X}")
    return act


def on_approval(now: Lifecycle, wanted: str) -> Act:
    """What a write to the approval subresource means. Raises NotAllowed."""
    if wanted and wanted not in tuple(Lifecycle):
        raise NotAllowed(UNKNOWN_VALUE)
    target = lifecycle_of(wanted)
    act = APPROVAL.get((now, target))
    if act is not None:
        return act
    if target is X and now is not U:
        raise NotAllowed(
            "cannot update lifecycle DeletionProposed; only Published packages require approval for deletion"
        )
    raise NotAllowed(_APPROVAL_REFUSED[now])


_APPROVAL_REFUSED: Mapping[Lifecycle, str] = {
    D: "cannot approve package with Draft lifecycle value; only Proposed packages can be approved",
    P: "value for approval can be only one of Draft,Published",
    U: "package with Published lifecycle value can only be updated to 'ProposeDeletion'",
    X: "package with DeletionProposed lifecycle value can only be updated to 'Published'",
}


def on_delete(now: Lifecycle) -> Act:
    """What a deletion means. Raises NotAllowed for Published."""
    act = DELETION.get(now)
    if act is None:
        raise NotAllowed(PUBLISHED_DELETE)
    return act


def on_create(wanted: str) -> None:
    """Raises NotAllowed unless the new object is a Draft."""
    if wanted not in ("", D):
        raise NotAllowed(CREATE_AS_DRAFT)
