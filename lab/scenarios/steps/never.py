"""`never`: something must not happen, for a while or for the rest of the scenario."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lab.scenarios.asserting import never_again, never_within
from lab.scenarios.durations import Duration
from lab.scenarios.scene import Scene
from lab.scenarios.subjects import CommitSubject, EveryCondition, TrailSubject


class Never(EveryCondition):
    """Must not come true: `within` a time from now on, or, without it, up to the scenario's end."""

    acts: ClassVar[bool] = False
    commit: CommitSubject | None = Field(None, description="A new commit in a repository.")
    reach: TrailSubject | None = Field(None, description="A trail that gets past a stage.")
    within: Duration | None = Field(None, description="How long to watch; without it, to the scenario's end.")

    async def run(self, scene: Scene) -> Any:
        """Watch it, or leave a guard."""
        if self.within is None:
            await never_again(scene, self.condition())
        else:
            await never_within(scene, self.condition(), self.within)
