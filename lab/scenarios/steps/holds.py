"""`holds`: something stays true."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lab.scenarios.asserting import stays
from lab.scenarios.durations import Duration
from lab.scenarios.scene import Scene
from lab.scenarios.subjects import Subject


class Holds(Subject):
    """An object, or so many of them, is there and looks so now, and at every moment of the time."""

    acts: ClassVar[bool] = False
    for_: Duration = Field(alias="for", description="How long it must stay true.")

    async def run(self, scene: Scene) -> Any:
        """The object that matches at the end."""
        return await stays(scene, self.condition(), self.for_)
