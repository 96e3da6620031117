"""The spine: nine stages in one order."""

from __future__ import annotations

from lab.model.stage import ACTORS, DONE_WHEN, LAST_OF_MANAGEMENT, ORDER, Stage


def test_there_are_nine_in_this_order() -> None:
    """The words and their order are the lab's vocabulary."""
    assert [str(s) for s in ORDER] == [
        "context", "variant", "draft", "render", "approve", "commit", "pull", "apply", "ready",
    ]  # fmt: skip


def test_each_has_a_number_an_actor_and_an_end() -> None:
    """Numbers run from 1 to 9, and nobody is without work."""
    assert [s.number for s in ORDER] == list(range(1, 10))
    assert set(ACTORS) == set(DONE_WHEN) == set(ORDER)


def test_the_line_lies_between_commit_and_pull() -> None:
    """Left of it nobody knows a workload cluster, right of it nobody knows the management cluster."""
    assert LAST_OF_MANAGEMENT is Stage.COMMIT
    assert Stage.COMMIT.comes_before(Stage.PULL)
    assert not Stage.PULL.comes_before(Stage.COMMIT)
