"""Waiting for a trail, which ends early where the trail has stopped for good."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lab.model.stage import ORDER, Stage
from lab.model.trail import State, Trail
from lab.scenarios.conditions.condition import Condition
from lab.scenarios.conditions.trails import standing
from lab.scenarios.outcome import StepFailed
from lab.scenarios.scene import Scene

FINAL = frozenset({Stage.RENDER, Stage.READY})
"""Stages where a stop stands until somebody acts; Git, approvals and refusals may come good by themselves."""


async def arrives(scene: Scene, condition: Condition, word: str, cluster: str, within: float, state: str) -> Any:
    """What the condition found, at once or within `within` seconds. Raises StepFailed, early when there is no hope."""
    clock = scene.bench.clock
    deadline = clock.time() + within
    async with condition.following(scene) as news:
        while True:
            finding = await condition.look(scene)
            if finding.true:
                return finding.found
            trail = scene.trail(word, cluster)
            if state == State.DONE and trail is not None and hopeless(trail, scene.acted):
                raise StepFailed(f"{finding.expected}, within {within:g}s", [standing(trail)])
            left = deadline - clock.time()
            if left <= 0:
                raise StepFailed(f"{finding.expected}, within {within:g}s", finding.differs, finding.nearest)
            await news(left)


def hopeless(trail: Trail, acted: datetime | None) -> bool:
    """Whether the trail stopped where nothing goes on by itself, and nobody has done anything since."""
    stops = [trail.passage(stage) for stage in ORDER if stage in FINAL and trail.passage(stage).state is State.FAILED]
    return any(stop.at is None or acted is None or stop.at >= acted for stop in stops)
