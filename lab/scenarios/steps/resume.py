"""`resume`: what was paused goes on."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.scenarios.fields import Cluster
from lab.scenarios.outages import end
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Resume(Step):
    """Let `git`, `management` or the `agent` of a cluster go on."""

    shorthand: ClassVar[str] = "what"
    what: Literal["git", "management", "agent"] = Field(description="What goes on.")
    on: Cluster = Field("", description="The cluster whose agent goes on.")

    async def run(self, scene: Scene) -> Any:
        """Start it; what runs already goes on running."""
        await end(scene, self.what, self.on)
