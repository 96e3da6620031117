"""A trail that is past a stage, or stands at it in some state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from lab.model.stage import Stage
from lab.model.trail import Passage, State, Trail
from lab.scenarios.conditions.condition import Finding, News
from lab.scenarios.match import differences
from lab.scenarios.scene import Scene


class TrailAt:
    """The newest trail of a package at a stage, in a state, with what else is expected of its passage."""

    def __init__(
        self, trail: str, cluster: str, stage: Stage, state: State = State.DONE, more: Mapping[str, Any] | None = None
    ) -> None:
        self._trail = trail
        self._cluster = cluster
        self._stage = stage
        self._state = state
        self._more = dict(more or {})

    @asynccontextmanager
    async def following(self, scene: Scene) -> AsyncIterator[News]:
        """The stream of events tells of every change."""

        async def news(within: float) -> None:
            await scene.bench.observer.changed(within)

        yield news

    async def look(self, scene: Scene) -> Finding:
        """Where the trail stands now."""
        trail = scene.trail(self._trail, self._cluster)
        goal = f"{self._trail}{' on ' + self._cluster if self._cluster else ''} {_STATES[self._state]} {self._stage}"
        if trail is None:
            others = [f"{t.package} on {t.cluster} (trail {t.number})" for t in scene.bench.board.trails[-3:]]
            return Finding(False, goal, ["no such trail has begun"], others)
        passage = trail.passage(self._stage)
        unmet = [str(d) for d in differences(self._more, described(passage))] if self._more else []
        if passage.state is not self._state:
            unmet = [standing(trail)]
        return Finding(not unmet, goal, unmet, found=None if unmet else facts(trail, self._stage))


_STATES = {
    State.DONE: "past",
    State.FAILED: "stopped at",
    State.WAITING: "waiting at",
    State.PENDING: "not yet at",
}


def described(passage: Passage) -> dict[str, Any]:
    """A passage as data to match."""
    return {
        "state": str(passage.state),
        "code": passage.code,
        "who": passage.who,
        "text": passage.text,
        "facts": dict(passage.facts),
    }


def facts(trail: Trail, stage: Stage) -> dict[str, Any]:
    """A trail as data to save: its names, its commit, how long the stage took, and what is told of it."""
    return {
        "package": trail.package,
        "cluster": trail.cluster,
        "repository": trail.repository,
        "variant": trail.variant,
        "revision": trail.revision,
        "commit": trail.commit,
        "trail": trail.number,
        "took": trail.took(stage),
        **described(trail.passage(stage)),
    }


def standing(trail: Trail) -> str:
    """Where a trail stands, in one line."""
    if trail.superseded_by and not trail.finished:
        return f"trail {trail.number} was superseded by trail {trail.superseded_by}"
    stage = trail.stands_at
    if stage is None:
        return f"trail {trail.number} is past every stage"
    passage = trail.passage(stage)
    detail = f"{passage.code} {passage.text}".strip() or f"waits for {stage.actor}"
    return f"trail {trail.number} stands at {stage}: {detail}"
