"""A trail that is past a stage, stands at it in some state, or was superseded before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from lab.model.stage import Stage
from lab.model.trail import Passage, Trail
from lab.scenarios.conditions.condition import Finding, News
from lab.scenarios.match import differences
from lab.scenarios.scene import Scene

SUPERSEDED = "superseded"
_WORDS = {"done": "past", "failed": "stopped at", "waiting": "waiting at", SUPERSEDED: "superseded before"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trail is expected: the stage, `done`, `failed`, `waiting` or `superseded`, and more about the passage."""

    stage: Stage
    state: str = "done"
    more: Mapping[str, Any] = field(default_factory=dict)


class TrailAt:
    """The newest trail of a package (by its or its variant's name), or the one with a number, at a place."""

    def __init__(self, trail: str, cluster: str, place: Place, number: int = 0) -> None:
        self._trail = trail
        self._cluster = cluster
        self._place = place
        self._number = number

    @asynccontextmanager
    async def following(self, scene: Scene) -> AsyncIterator[News]:
        """The stream of events tells of every change."""

        async def news(within: float) -> None:
            await scene.bench.observer.changed(within)

        yield news

    async def look(self, scene: Scene) -> Finding:
        """Where the trail stands now."""
        place = self._place
        trail = self._chosen(scene)
        goal = f"{self._trail}{' on ' + self._cluster if self._cluster else ''} {_WORDS[place.state]} {place.stage}"
        if trail is None:
            others = [f"{t.package} on {t.cluster} (trail {t.number})" for t in scene.bench.board.trails[-3:]]
            return Finding(False, goal, ["no such trail has begun"], others)
        unmet = [str(d) for d in differences(dict(place.more), described(trail.passage(place.stage)))]
        if not _stands(trail, place):
            unmet = [standing(trail)]
        return Finding(not unmet, goal, unmet, found=None if unmet else facts(trail, place.stage))

    def _chosen(self, scene: Scene) -> Trail | None:
        if self._number:
            return next((t for t in scene.bench.board.trails if t.number == self._number), None)
        return scene.trail(self._trail, self._cluster)


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


def _stands(trail: Trail, place: Place) -> bool:
    if place.state == SUPERSEDED:
        return trail.superseded_by is not None and not trail.done(place.stage)
    return str(trail.passage(place.stage).state) == place.state
