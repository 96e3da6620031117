"""`see`: something becomes true in time."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lab.scenarios.asserting import becomes
from lab.scenarios.durations import Duration
from lab.scenarios.scene import Scene
from lab.scenarios.subjects import Subject


class See(Subject):
    """An object, or so many of them, is there and looks so: at once, or within the time."""

    acts: ClassVar[bool] = False
    within: Duration = Field(30.0, description="Until true, or this long.")

    async def run(self, scene: Scene) -> Any:
        """The object that matches."""
        return await becomes(scene, self.condition(), self.within)
