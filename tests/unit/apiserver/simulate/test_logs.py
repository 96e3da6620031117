"""A log book gives its lines to readers, and new ones to those who follow."""

import asyncio
from datetime import timedelta

from lab.apiserver.simulate.logs import LogBook
from lab.kit.clock import StillClock


async def lines(
    book: LogBook, *, tail: int | None = None, since: float | None = None, follow: bool = False
) -> list[str]:
    """What a reader is shown."""
    moment = None if since is None else StillClock().now() + timedelta(seconds=since)
    return [line async for _, line in book.read(tail=tail, since=moment, follow=follow)]


def test_tail_and_since() -> None:
    """A reader may ask for the last lines, or for those since a moment."""
    clock = StillClock()
    book = LogBook(clock)
    book.write("one\ntwo")
    clock.advance(10)
    book.write("three")
    assert asyncio.run(lines(book)) == ["one", "two", "three"]
    assert asyncio.run(lines(book, tail=2)) == ["two", "three"]
    assert asyncio.run(lines(book, tail=0)) == []
    assert asyncio.run(lines(book, since=5)) == ["three"]


def test_old_lines_make_room() -> None:
    """A book holds the latest lines only."""
    book = LogBook(StillClock(), most=2)
    book.write("one\ntwo\nthree")
    assert asyncio.run(lines(book)) == ["two", "three"]


def test_followers_see_new_lines_until_the_end() -> None:
    """A follower waits for lines that are not written yet, and is done when the process ends."""

    async def scenario() -> list[str]:
        book = LogBook(StillClock())
        book.write("one")
        reader = asyncio.create_task(lines(book, tail=1, follow=True))
        await asyncio.sleep(0)
        book.write("two")
        await asyncio.sleep(0)
        book.write("three")
        book.close()
        return await reader

    assert asyncio.run(scenario()) == ["one", "two", "three"]
