"""The three ways to assert a condition: it becomes true in time, it stays true, it never comes true."""

from __future__ import annotations

import asyncio
from typing import Any

from lab.scenarios.conditions.condition import Condition, Finding
from lab.scenarios.outcome import StepFailed
from lab.scenarios.scene import Scene


async def becomes(scene: Scene, condition: Condition, within: float) -> Any:
    """What made the condition true, at once or within `within` seconds. Raises StepFailed."""
    clock = scene.bench.clock
    deadline = clock.time() + within
    async with condition.following(scene) as news:
        while True:
            finding = await condition.look(scene)
            if finding.true:
                return finding.found
            left = deadline - clock.time()
            if left <= 0:
                raise StepFailed(f"{finding.expected}, within {within:g}s", finding.differs, finding.nearest)
            await news(left)


async def stays(scene: Scene, condition: Condition, duration: float) -> Any:
    """What makes the condition true, which it is from now on for `duration` seconds. Raises StepFailed when it ends."""
    clock = scene.bench.clock
    began = clock.time()
    async with condition.following(scene) as news:
        while True:
            finding = await condition.look(scene)
            if not finding.true:
                when = f"after {clock.time() - began:.1f}s of {duration:g}s"
                raise StepFailed(f"{finding.expected}, all the time", [when, *finding.differs], finding.nearest)
            left = began + duration - clock.time()
            if left <= 0:
                return finding.found
            await news(left)


async def never_within(scene: Scene, condition: Condition, duration: float) -> None:
    """Return when the condition was not true for `duration` seconds from now on. Raises StepFailed."""
    clock = scene.bench.clock
    deadline = clock.time() + duration
    async with condition.following(scene) as news:
        while True:
            _refuse(await condition.look(scene))
            left = deadline - clock.time()
            if left <= 0:
                return
            await news(left)


async def never_again(scene: Scene, condition: Condition) -> None:
    """From now to the end of the scenario the condition must not come true; it is looked at once more at the end.

    Raises StepFailed when it is true already; later the guard fails the scenario.
    """
    async with condition.following(scene):
        _refuse(await condition.look(scene))

    # A look is never broken off in the middle: it may hold connections that want to be closed in order.
    looking, ended = asyncio.Lock(), asyncio.Event()

    async def watch() -> None:
        async with condition.following(scene) as news:
            while not ended.is_set():
                await news(60.0)
                async with looking:
                    if not ended.is_set():
                        _refuse(await condition.look(scene))

    async def last() -> None:
        async with looking:
            ended.set()
            _refuse(await condition.look(scene))

    scene.guard(watch, last)


def _refuse(finding: Finding) -> None:
    if finding.true:
        raise StepFailed(f"never: {finding.expected}", finding.differs, finding.nearest)
