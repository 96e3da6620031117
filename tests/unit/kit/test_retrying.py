"""Asking again: until yes, or until the limit, with every further try told."""

from __future__ import annotations

import asyncio

import pytest

from lab.kit.retrying import again, poll
from lab.kit.virtual_time import VirtualTimeLoop


def test_polling_ends_with_yes() -> None:
    """The first yes ends it."""
    answers = iter([False, False, True])

    assert poll(lambda: next(answers), limit=5, interval=0.001)


def test_polling_ends_at_its_limit() -> None:
    """Without a yes it says no, having told of the time gone by."""
    told: list[float] = []

    assert not poll(lambda: False, limit=0.05, interval=0.01, each=told.append)
    assert told == sorted(told)
    assert told


def run(coroutine):
    """Run on virtual time."""
    loop = VirtualTimeLoop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def test_a_failure_is_tried_again_and_told() -> None:
    """Each further try is told with attempt, error and wait."""
    told: list[tuple[int, str, float]] = []
    failures = iter([ConnectionError("one"), ConnectionError("two"), None])

    async def doing() -> str:
        failure = next(failures)
        if failure:
            raise failure
        return "done"

    assert run(again(doing, on=(ConnectionError,), tell=lambda *a: told.append(a))) == "done"
    assert [(attempt, error) for attempt, error, _wait in told] == [(1, "one"), (2, "two")]


def test_the_last_failure_is_raised() -> None:
    """After the last attempt the failure itself comes out."""

    async def doing() -> None:
        await asyncio.sleep(0)
        raise ConnectionError("always")

    with pytest.raises(ConnectionError, match="always"):
        run(again(doing, on=(ConnectionError,), attempts=3, tell=lambda *_: None))


def test_other_failures_are_not_tried_again() -> None:
    """Only the named kinds of failure are worth another try."""
    calls = []

    async def doing() -> None:
        calls.append(1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run(again(doing, on=(ConnectionError,), tell=lambda *_: None))
    assert len(calls) == 1
