"""The board as the page is told it."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from lab.events import kinds as k
from lab.events.board import Board, board_of
from lab.events.records import Record
from lab.model.stage import ORDER
from lab.web.views import board_view, marks_view, record_view, stages_view

Make = Callable[..., list[Record]]
FAILED = k.RenderFailed("", "v", "nephio-my-ran", "networking", "LAB401", "apply-setters", "no value", "Kptfile", 3)


def test_an_empty_board_can_be_shown() -> None:
    """Before the first record there is nothing, and nothing is wrong."""
    view = board_view(Board())

    assert (view["seq"], view["clusters"], view["trails"]) == (0, [], [])
    assert view["focus"] == {"cluster": None, "trail": None}


def test_a_finished_road_shows_nine_marks(records: list[Record]) -> None:
    """The trail in focus tells every stage, the cluster its repository, agent and namespaces."""
    view = board_view(board_of(records))

    assert [row["marks"] for row in view["trails"]] == ["ddddddddd"]
    assert [row["stage"] for row in view["focus"]["trail"]["stages"]] == [str(stage) for stage in ORDER]
    cluster = view["focus"]["cluster"]
    assert cluster["namespaces"] == ["openairinterface"]
    assert (cluster["agent"], cluster["syncs"][0]["period"]) == ("up", 15.0)
    assert [row["directory"] for row in cluster["repository"]["packages"]] == ["cluster-baseline"]
    assert cluster["repository"]["log"][0]["subject"] == "Rendered cluster-baseline v1 for my-ran"


@pytest.mark.parametrize("count", range(len(ORDER) + 6))
def test_every_moment_is_plain_data(records: list[Record], count: int) -> None:
    """Whatever part of the journal is folded, its view is JSON and names its number."""
    view = board_view(board_of(records[:count]))

    assert orjson.loads(orjson.dumps(view))["seq"] == count


def test_what_stopped_is_in_focus(records: list[Record], make_records: Make, road: tuple[k.Event, ...]) -> None:
    """Nobody has to look for the first wrong thing."""
    view = board_view(board_of(make_records(*road, FAILED)))

    assert view["focus"]["trail"]["package"] == "networking"
    assert view["focus"]["trail"]["code"] == "LAB401"
    assert view["clusters"] == [
        {"name": "my-ran", "state": "failed", "code": "LAB401", "stage": "variant", "agent": "up"}
    ]
    assert board_view(board_of(make_records(*road, FAILED)), trail=1)["focus"]["trail"]["package"] == "cluster-baseline"


def test_the_stage_that_is_awaited_says_for_whom(make_records: Make, road: tuple[k.Event, ...]) -> None:
    """A stage that has not begun and is next is waiting, with who acts."""
    row = board_view(board_of(make_records(*road[:11])))["focus"]["trail"]["stages"][6]

    assert (row["state"], row["text"]) == ("waiting", "waits for agent")


def test_the_silence_is_told_in_the_trail(make_records: Make, road: tuple[k.Event, ...]) -> None:
    """A committed package on a cluster without an agent waits with LAB701."""
    view = board_view(board_of(make_records(*road[:9])))

    assert view["trails"][0]["state"] == "silent"
    assert view["focus"]["trail"]["stages"][6]["code"] == "LAB701"


def test_a_thousand_clusters_stay_small(make_records: Make) -> None:
    """A fleet's view lists every cluster, only the focused one's trails in full, and stays below 200 kB."""
    names = tuple(f"edge-{i:04}" for i in range(1000))
    events: list[k.Event] = [k.LabStarted("demo", "embedded", "mgmt", names)]
    for name in names:
        events.append(k.RepositoryChanged(f"nephio-{name}", "u", "main", True, name, True))
        events += [k.VariantAccepted(f"{p}-{name}", f"nephio-{name}", p, "b/p@v1") for p in ("a", "b", "c")]
    view = board_view(board_of(make_records(*events)), cluster="edge-0500")

    assert (len(view["clusters"]), view["trail_count"]) == (1000, 3000)
    assert [row["cluster"] for row in view["trails"]] == ["edge-0500"] * 3
    assert len(orjson.dumps(view)) < 200_000


def test_a_record_is_a_sentence(make_records: Make) -> None:
    """The journal shows words, and whether they are bad news."""
    entry = record_view(make_records(FAILED)[0])

    assert (entry["seq"], entry["stage"], entry["bad"]) == (1, "render", True)
    assert "apply-setters failed" in entry["text"]


def test_the_time_bar_marks_commits_pulls_and_failures(make_records: Make, road: tuple[k.Event, ...]) -> None:
    """What a person looks for on the bar is drawn, the rest is not."""
    assert marks_view(make_records(*road, FAILED)) == [[9, "c"], [12, "p"], [15, "f"]]


def test_the_stages_say_on_which_side_they_are() -> None:
    """Five on the management cluster, one in Git, three on the workload cluster."""
    sides = [row["side"] for row in stages_view()["stages"]]

    assert sides == ["management"] * 5 + ["git"] + ["workload"] * 3
