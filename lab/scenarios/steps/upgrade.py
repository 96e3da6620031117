"""`upgrade`: variants move to another revision of their blueprint."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from lab.model.names import BLUEPRINTS
from lab.model.spec import MANAGEMENT
from lab.scenarios import revisions
from lab.scenarios.asserting import becomes
from lab.scenarios.conditions.objects import Objects
from lab.scenarios.durations import Duration
from lab.scenarios.fields import Cluster
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step
from lab.scenarios.variants import new_trails


class Upgrade(Step):
    """Point the variants of a blueprint at another workspace; trails that were on their way no longer count."""

    package: str = Field(description="The blueprint.")
    to: str = Field(description="The workspace, such as v2.")
    on: Cluster = Field("", description="Only the variant for this cluster.")
    within: Duration = Field(60.0, description="How long the orchestrator may take to find the workspace in Git.")

    async def run(self, scene: Scene) -> Any:
        """The names of the variants that moved, once the orchestrator has found the workspace in Git."""
        spec = {"repository": BLUEPRINTS, "packageName": self.package, "workspaceName": self.to}
        await becomes(scene, Objects(MANAGEMENT, {"kind": "PackageRevision", "spec": spec}), self.within)
        async with new_trails(scene):
            return {"variants": await revisions.upgrade(scene.bench, self.package, self.to, self.on)}
