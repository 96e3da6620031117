"""What happens now, and going on where the line was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from lab.events.records import Record
from lab.web.door import PageDoor
from lab.web.tape import Tape

Visit = Callable[..., None]


async def told(reply: Any, count: int) -> list[tuple[str, str, Any]]:
    """The next events as (kind, id, data)."""
    found: list[tuple[str, str, Any]] = []
    fields: dict[str, str] = {}
    async with asyncio.timeout(3):
        while len(found) < count:
            line = (await reply.content.readline()).decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            else:
                if "event" in fields:
                    found.append((fields["event"], fields.get("id", ""), orjson.loads(fields["data"])))
                fields = {}
    return found


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/v1/events?after=11", {}, ["12", "13", "14"]),
        ("/v1/events", {"Last-Event-ID": "12"}, ["13", "14"]),
        ("/v1/events?after=2", {"Last-Event-ID": "13"}, ["14"]),
        ("/v1/events?after=0", {}, [str(n) for n in range(1, 15)]),
    ],
)
def test_a_reader_goes_on_behind_its_number(
    records: list[Record], visit: Visit, path: str, headers: dict[str, str], expected: list[str]
) -> None:
    """`Last-Event-ID` is the journal's number; nothing is told twice, nothing is left out."""

    async def visiting(client: Any) -> None:
        reply = await client.get(path, headers=headers)
        assert reply.headers["Content-Type"] == "text/event-stream"
        events = await told(reply, len(expected))
        assert [(kind, number) for kind, number, _data in events] == [("record", n) for n in expected]
        assert [data["seq"] for _kind, _number, data in events] == [int(n) for n in expected]
        reply.close()

    visit(PageDoor(Tape(records), token="a-token", live=True), visiting)


def test_news_comes_as_it_happens(records: list[Record], visit: Visit) -> None:
    """A record that is appended while somebody reads is told at once."""
    tape = Tape(records[:13])

    async def visiting(client: Any) -> None:
        reply = await client.get("/v1/events")
        tape.append(records[13])
        assert [number for _kind, number, _data in await told(reply, 1)] == ["14"]
        reply.close()

    visit(PageDoor(tape, token="a-token", live=True), visiting)


def test_another_journal_resets_the_reader(records: list[Record], visit: Visit) -> None:
    """A number that this journal never reached belongs to another one."""

    async def visiting(client: Any) -> None:
        reply = await client.get("/v1/events", headers={"Last-Event-ID": "500"})
        assert await told(reply, 1) == [("reset", "", {"last": 14})]
        reply.close()

    visit(PageDoor(Tape(records), token="a-token", live=True), visiting)


def test_questions_are_told_when_they_were_asked(records: list[Record], visit: Visit) -> None:
    """When a cluster asks Git, every reader hears when it asks next; without a question there is nothing to tell."""
    asks = {"my-ran": {"period": 15.0, "next_in": 9.0, "count": 2.0}}
    tape = Tape(records[:13])

    async def visiting(client: Any) -> None:
        reply = await client.get("/v1/events")
        assert await told(reply, 1) == [("asked", "", {"my-ran": {"period": 15.0, "next_in": 9.0, "count": 2.0}})]
        asks["my-ran"] = {"period": 15.0, "next_in": 8.0, "count": 2.0}
        tape.append(records[13])
        asks["my-ran"] = {"period": 15.0, "next_in": 15.0, "count": 3.0}
        kinds = [kind for kind, _number, _data in await told(reply, 2)]
        assert kinds == ["record", "asked"]
        reply.close()

    visit(PageDoor(tape, token="a-token", live=True, asks=lambda: asks), visiting)


def test_a_page_that_closes_ends_its_streams(records: list[Record], visit: Visit) -> None:
    """Nobody waits for the next beat when a lab goes down."""
    door = PageDoor(Tape(records), token="a-token", live=True)

    async def visiting(client: Any) -> None:
        reply = await client.get("/v1/events")
        async with asyncio.timeout(0.5):
            await door.close()
            assert (await reply.content.read()).startswith(b"retry: 1000")

    visit(door, visiting)
