"""`bootstrap`: the two applies that nobody does for you."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.scenarios import flow
from lab.scenarios.fields import Cluster
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Bootstrap(Step):
    """Apply configsync.yaml and rootsync.yaml on a workload cluster, with that cluster's own key."""

    shorthand: ClassVar[str] = "on"
    on: Cluster = Field(description="The workload cluster.")
    only: Literal["configsync.yaml", "rootsync.yaml"] | None = Field(None, description="Just one of the two files.")

    async def run(self, scene: Scene) -> Any:
        """What was applied, and the text of the files by name."""
        files = await flow.bootstrap_files(scene.bench, self.on)
        applied = []
        for name, text in files.items():
            if self.only in (None, name):
                applied += await flow.apply_text(scene.bench, self.on, text, name=name)
        return {"applied": [str(one) for one in applied], "files": files}
