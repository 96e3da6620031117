"""The work queue: one worker a key, no change lost, failures come again later and later."""

from __future__ import annotations

import asyncio

from lab.kit.virtual_time import VirtualTimeLoop
from lab.kube.queue import WorkQueue


def drive(queue: WorkQueue[str], doing, seconds: float) -> None:
    """Run the queue for some time on virtual time while `doing` adds keys."""

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(queue.run())
            await doing()
            await asyncio.sleep(seconds)
            task.cancel()

    loop = VirtualTimeLoop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


def test_a_key_is_worked_on_once_at_a_time() -> None:
    """A key added while it is worked on is worked on once more afterwards, never twice at once."""
    active = 0
    runs: list[int] = []

    async def reconcile(_key: str) -> None:
        nonlocal active
        active += 1
        runs.append(active)
        await asyncio.sleep(1)
        active -= 1

    queue: WorkQueue[str] = WorkQueue(reconcile, failed=lambda *_: None)

    async def doing() -> None:
        queue.add("a")
        await asyncio.sleep(0.5)
        for _ in range(3):
            queue.add("a")

    drive(queue, doing, 10)
    assert runs == [1, 1]


def test_different_keys_go_side_by_side() -> None:
    """Two keys are worked on at the same time."""
    most = 0
    active = 0

    async def reconcile(_key: str) -> None:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(1)
        active -= 1

    queue: WorkQueue[str] = WorkQueue(reconcile, failed=lambda *_: None)

    async def doing() -> None:
        queue.add("a")
        queue.add("b")

    drive(queue, doing, 5)
    assert most == 2


def test_failures_come_again_with_growing_waits() -> None:
    """Each failure is told with its attempt, and the waits double until the key succeeds."""
    told: list[tuple[int, float]] = []

    async def reconcile(_key: str) -> None:
        if len(told) < 4:
            raise ValueError("no")

    queue: WorkQueue[str] = WorkQueue(reconcile, failed=lambda _k, _e, attempt, wait: told.append((attempt, wait)))

    async def doing() -> None:
        queue.add("a")

    drive(queue, doing, 60)
    assert told == [(1, 0.25), (2, 0.5), (3, 1.0), (4, 2.0)]


def test_a_key_asks_to_be_looked_at_again() -> None:
    """Seconds returned by the reconciler bring the key back after that time."""
    times: list[float] = []

    async def reconcile(_key: str) -> float | None:
        times.append(asyncio.get_running_loop().time())
        return 15.0

    queue: WorkQueue[str] = WorkQueue(reconcile, failed=lambda *_: None)

    async def doing() -> None:
        queue.add("a")

    drive(queue, doing, 40)
    assert [round(t) for t in times] == [0, 15, 30]
