"""What to look at for each stage."""

from __future__ import annotations

import pytest

from lab.events.board import board_of
from lab.events.records import Record
from lab.model.stage import ORDER, Stage
from lab.web.looking import commands, explanation, looks
from lab.web.views import board_view


@pytest.mark.parametrize("stage", ORDER)
def test_every_stage_of_a_finished_road_has_an_object_and_a_command(records: list[Record], stage: Stage) -> None:
    """Each look names its object fully, and its command asks the same cluster for it."""
    focus = board_view(board_of(records))["focus"]
    found = looks(stage, focus["trail"], focus["cluster"])

    assert found
    for look in found:
        assert look.command.startswith(f"kubectl --context={look.cluster} get {look.kind.lower()} {look.name}")
        assert look.cluster == ("mgmt" if stage.number <= 6 else "my-ran")


def test_a_stage_that_is_silent_is_asked_why(records: list[Record]) -> None:
    """The first line to type where a trail rests is the question."""
    trail = board_view(board_of(records[:9]))["focus"]["trail"]

    assert commands(Stage.PULL, trail)[0] == "lab why cluster-baseline --on my-ran"
    assert commands(Stage.APPLY, trail)[0] == "lab logs my-ran apply"


@pytest.mark.parametrize(("code", "known"), [("LAB701", True), ("KNV2004", True), ("LAB000x", False), ("", False)])
def test_codes_are_explained(code: str, known: bool) -> None:
    """The lab's codes and Config Sync's have a title and a text."""
    found = explanation(code)

    assert (found is not None) == known
    assert found is None or (found["code"] == code and found["text"])
