"""The life of a package revision, step by step."""

from __future__ import annotations

import pytest

from lab.orchestrators.builtin.lifecycle import (
    APPROVAL,
    UPDATE,
    Act,
    Lifecycle,
    NotAllowed,
    on_approval,
    on_create,
    on_delete,
    on_update,
)

ALL = tuple(Lifecycle)


@pytest.mark.parametrize("now", ALL)
@pytest.mark.parametrize("wanted", ALL)
def test_every_step_is_in_the_table_or_refused(now, wanted):
    """Whatever is asked in whatever state, the table answers with an act or a sentence."""
    for step, table in ((on_update, UPDATE), (on_approval, APPROVAL)):
        if (now, wanted) in table:
            assert step(now, wanted) is table[now, wanted]
        else:
            with pytest.raises(NotAllowed, match=r"\w+ \w+"):
                step(now, wanted)


def test_nobody_publishes_without_a_proposal():
    """Published is reached from Proposed by approval, and from DeletionProposed by staying."""
    reached = {(now, act) for table in (UPDATE, APPROVAL) for (now, wanted), act in table.items() if wanted is ALL[2]}
    assert reached == {
        (Lifecycle.PUBLISHED, Act.KEEP),
        (Lifecycle.DELETION_PROPOSED, Act.KEEP_AFTER_ALL),
        (Lifecycle.PROPOSED, Act.APPROVE),
    }


def test_published_revisions_are_not_deleted_outright():
    """Only Published refuses deletion."""
    assert [state for state in ALL if state is not Lifecycle.PUBLISHED and on_delete(state) is Act.DELETE] == [
        Lifecycle.DRAFT,
        Lifecycle.PROPOSED,
        Lifecycle.DELETION_PROPOSED,
    ]
    with pytest.raises(NotAllowed, match="must be proposed for deletion"):
        on_delete(Lifecycle.PUBLISHED)


def test_creation():
    """A new revision is a Draft, said or not."""
    on_create("")
    on_create("Draft")
    with pytest.raises(NotAllowed, match="only created as Draft"):
        on_create("Proposed")
