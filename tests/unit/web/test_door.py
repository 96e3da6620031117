"""The page's routes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.errors.base import LabError
from lab.events.board import board_of
from lab.events.records import Record
from lab.model.stage import ORDER
from lab.web.door import PageDoor, page_token
from lab.web.objects import ObjectReader
from lab.web.tape import Tape
from lab.web.views import board_view

Visit = Callable[..., None]
STATIC = Path(__file__).resolve().parents[3] / "lab/web/static"


class Objects(ObjectReader):
    """Knows one object; any other is not there."""

    def __init__(self) -> None:
        pass

    async def read(self, cluster: str, api_version: str, kind: str, namespace: str, name: str) -> str | None:
        """The one object. Raises LabError LAB024 for another cluster."""
        if cluster != "my-ran":
            raise LabError("LAB024", "No such cluster.")
        return "kind: Namespace\n" if name == "openairinterface" else None


@pytest.fixture
def door(records: list[Record]) -> PageDoor:
    """A page over the road."""
    return PageDoor(Tape(records), token="a-token", live=True, objects=Objects(), title="demo")


@pytest.mark.parametrize("seq", [0, 1, 6, 13, 14, 99])
def test_the_board_of_a_moment_is_the_fold_up_to_it(
    door: PageDoor, visit: Visit, records: list[Record], seq: int
) -> None:
    """`at` gives what the records up to it give, beside the journal's ends."""

    async def visiting(client: Any) -> None:
        view = await (await client.get(f"/v1/board?at={seq}")).json()
        expected = board_view(board_of(r for r in records if r.seq <= seq))
        assert {key: view[key] for key in expected} == expected
        assert (view["first"], view["last"]) == (1, 14)

    visit(door, visiting)


def test_the_journal_is_handed_out_newest_first(door: PageDoor, visit: Visit) -> None:
    """In pieces, before a number."""

    async def visiting(client: Any) -> None:
        newest = await (await client.get("/v1/journal?limit=2")).json()
        older = await (await client.get("/v1/journal?before=13&limit=2")).json()
        assert [entry["seq"] for entry in newest["entries"]] == [14, 13]
        assert [entry["seq"] for entry in older["entries"]] == [12, 11]

    visit(door, visiting)


@pytest.mark.parametrize("stage", ORDER)
def test_a_stage_tells_everything_about_itself(door: PageDoor, visit: Visit, stage: str) -> None:
    """Its passage, its objects, its events and lines to type."""

    async def visiting(client: Any) -> None:
        told = await (await client.get(f"/v1/stage?stage={stage}&trail=1")).json()
        assert told["passage"]["state"] == "done"
        assert told["looks"]
        assert told["events"]
        assert {entry["stage"] for entry in told["events"]} == {str(stage)}

    visit(door, visiting)


def test_a_silent_stage_brings_its_explanation(door: PageDoor, visit: Visit) -> None:
    """Before the agent was installed, `pull` explains LAB701."""

    async def visiting(client: Any) -> None:
        told = await (await client.get("/v1/stage?stage=pull&trail=1&at=9")).json()
        assert told["explanation"]["code"] == "LAB701"

    visit(door, visiting)


def test_an_object_is_looked_up(door: PageDoor, visit: Visit) -> None:
    """Found, absent, on an unknown cluster, and asked for badly."""
    query = "/v1/object?apiVersion=v1&kind=Namespace"

    async def visiting(client: Any) -> None:
        found = await client.get(f"{query}&cluster=my-ran&name=openairinterface")
        assert await found.json() == {"yaml": "kind: Namespace\n"}
        assert (await client.get(f"{query}&cluster=my-ran&name=other")).status == 404
        unknown = await client.get(f"{query}&cluster=nowhere&name=x")
        assert (unknown.status, (await unknown.json())["code"]) == (409, "LAB024")
        assert (await client.get(query)).status == 400

    visit(door, visiting)


def test_a_journal_from_elsewhere_has_no_objects(records: list[Record], visit: Visit) -> None:
    """Its clusters cannot be reached, and the page says so."""

    async def visiting(client: Any) -> None:
        reply = await client.get("/v1/object?cluster=my-ran&apiVersion=v1&kind=Namespace&name=x")
        assert reply.status == 404
        assert "came alone" in await reply.text()

    visit(PageDoor(Tape(records), token="a-token", live=False), visiting)


@pytest.mark.parametrize(
    "path",
    ["/v1/board?at=x", "/v1/board?at=-1", "/v1/board?at=1e9", f"/v1/board?at={'9' * 40}", "/v1/stage?stage=elsewhere"],
)
def test_a_bad_question_is_refused(door: PageDoor, visit: Visit, path: str) -> None:
    """Numbers are numbers, stages are stages."""

    async def visiting(client: Any) -> None:
        assert (await client.get(path)).status == 400

    visit(door, visiting)


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdoor.py", "%2e%2e/door.py", "door.py", ""])
def test_only_the_pages_files_are_served(door: PageDoor, visit: Visit, name: str) -> None:
    """No path leads out of the folder."""

    async def visiting(client: Any) -> None:
        assert (await client.get(f"/static/{name}")).status == 404

    visit(door, visiting)


def test_an_entry_and_a_code_are_explained(door: PageDoor, visit: Visit) -> None:
    """An entry of the journal in full, and what a code means."""

    async def visiting(client: Any) -> None:
        entry = await (await client.get("/v1/record?seq=12")).json()
        assert (entry["kind"], entry["data"]["cluster"]) == ("Pulled", "my-ran")
        assert (await client.get("/v1/record?seq=99")).status == 404
        assert (await (await client.get("/v1/explain?code=LAB501")).json())["title"] == "Waiting for approval"
        assert (await client.get("/v1/explain?code=nothing")).status == 404

    visit(door, visiting)


def test_a_taken_port_is_no_obstacle(records: list[Record]) -> None:
    """The page listens elsewhere and tells where."""

    async def open_two() -> None:
        first = PageDoor(Tape(records), token="a", live=True)
        second = PageDoor(Tape(records), token="a", live=True)
        try:
            await first.open()
            await second.open(first.port)
            assert first.port != second.port
            assert second.url == f"http://127.0.0.1:{second.port}/?token=a"
        finally:
            await first.close()
            await second.close()

    asyncio.run(open_two())


def test_a_lab_keeps_its_token(tmp_path: Path) -> None:
    """An open page survives the next start; nobody else can read the file."""
    file = tmp_path / "keys" / "page-token"

    assert page_token(file) == page_token(file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_page_is_small_and_needs_nobody_else() -> None:
    """Under 300 kB together; no address of another machine, no inline script or style, no markup from data."""
    texts = {file.name: file.read_text() for file in STATIC.iterdir()}
    scripts = "".join(text for name, text in texts.items() if name.endswith(".js"))

    assert sum(len(text.encode()) for text in texts.values()) < 300_000
    assert set(re.findall(r"https?://([^/\s\"')]+)", "".join(texts.values()))) == {"www.w3.org"}  # SVG's own name
    assert re.findall(r"<script(?! type=\"module\" src=)|<style|\son\w+=|\sstyle=", texts["index.html"]) == []
    assert re.findall(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", scripts) == []
