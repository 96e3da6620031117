"""`reach`: a trail comes to a stage."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.scenarios.arriving import arrives
from lab.scenarios.durations import Duration
from lab.scenarios.fields import Look
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step
from lab.scenarios.subjects import TrailSubject


class Reach(TrailSubject, Step):
    """A package gets past a stage on its way to a cluster; or stops or waits there, where `state` says so."""

    acts: ClassVar[bool] = False
    within: Duration = Field(60.0, description="Until there, or this long.")
    state: Literal["done", "failed", "waiting", "superseded"] = Field(
        "done", description="How it stands; superseded: a later trail overtook it."
    )
    code: str | None = Field(None, description="The code that it stopped or waits with.")
    who: str | None = Field(None, description="Who acted.")
    text: Look = Field(None, description="What is told of the stage.")
    facts: Look = Field(None, description="Facts of the stage.")

    async def run(self, scene: Scene) -> Any:
        """The trail: package, cluster, variant, revision, commit, took, facts."""
        return await arrives(scene, self.condition(), self.trail, self.on, self.within, self.state)
