"""`pause`: something stops for a while, and the rest has to live with it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.scenarios.fields import Cluster
from lab.scenarios.outages import begin
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Pause(Step):
    """Stop `git` (unreachable), `management` (the whole cluster) or the `agent` of a cluster, until `resume`.

    What is still paused when the scenario ends is resumed then.
    """

    shorthand: ClassVar[str] = "what"
    what: Literal["git", "management", "agent"] = Field(description="What stops.")
    on: Cluster = Field("", description="The cluster whose agent stops.")

    async def run(self, scene: Scene) -> Any:
        """Stop it; what is stopped already stays so."""
        await begin(scene, self.what, self.on)
