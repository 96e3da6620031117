"""Virtual time jumps when every task is idle, and passes at its real pace while somebody outside is at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop


@pytest.fixture
def loop() -> Iterator[VirtualTimeLoop]:
    """A loop with virtual time."""
    made = VirtualTimeLoop()
    yield made
    made.close()


def test_an_hour_takes_no_time(loop: VirtualTimeLoop) -> None:
    """Sleeping for an hour moves the loop's time by an hour and the machine's by next to nothing."""
    began = time.monotonic()
    loop.run_until_complete(asyncio.sleep(3600))

    assert loop.time() == pytest.approx(3600)
    assert time.monotonic() - began < 5


def test_sleepers_wake_in_order(loop: VirtualTimeLoop) -> None:
    """Timers fire in the order of their times, each at its own."""
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((name, round(loop.time(), 3)))

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for name, seconds in (("c", 30), ("a", 10), ("b", 20)):
                group.create_task(sleeper(name, seconds))

    loop.run_until_complete(all_of_them())
    assert woken == [("a", 10), ("b", 20), ("c", 30)]


def test_time_does_not_jump_over_a_worker_thread(loop: VirtualTimeLoop) -> None:
    """While a thread works, an hour's timer does not fire."""

    async def work() -> float:
        hour = asyncio.get_running_loop().create_task(asyncio.sleep(3600))
        await asyncio.to_thread(lambda: sum(range(10**5)))
        hour.cancel()
        return loop.time()

    assert loop.run_until_complete(work()) < 60


def test_sockets_are_served_before_time_moves(loop: VirtualTimeLoop) -> None:
    """Bytes between two ends in one process arrive before a later timer fires."""

    async def talk() -> tuple[bytes, float]:
        server = await asyncio.start_server(lambda r, w: (w.write(b"hello\n"), w.close()), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(1000):
            line = await reader.readline()
        writer.close()
        server.close()
        return line, loop.time()

    line, when = loop.run_until_complete(talk())
    assert line == b"hello\n"
    assert when < 1000


def test_the_clock_tells_the_loops_hour(loop: VirtualTimeLoop) -> None:
    """A LoopClock advances with the loop."""
    clock = LoopClock(loop)
    before = clock.now()
    loop.run_until_complete(clock.sleep(90))

    assert (clock.now() - before).total_seconds() == pytest.approx(90)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_seed_repeats_an_order(seed: int) -> None:
    """The same seed runs ready tasks in the same order, and not always in the order of their making."""

    def order() -> list[int]:
        loop = VirtualTimeLoop(seed)
        seen: list[int] = []

        async def note(number: int) -> None:
            for _ in range(3):
                await asyncio.sleep(0)
                seen.append(number)

        async def everything() -> None:
            await asyncio.gather(*(note(i) for i in range(8)))

        loop.run_until_complete(everything())
        loop.close()
        return seen

    assert order() == order()
    assert order() != sorted(order())
