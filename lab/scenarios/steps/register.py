"""`register`: the orchestrator is told about Git repositories."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lab.scenarios import flow
from lab.scenarios.fields import Cluster
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Register(Step):
    """Apply the Repository of the blueprints and of a cluster's deployment repository to the management cluster."""

    shorthand: ClassVar[str] = "cluster"
    cluster: Cluster = Field(description="The workload cluster.")

    async def run(self, scene: Scene) -> Any:
        """What was applied."""
        return {"applied": [str(one) for one in await flow.register(scene.bench, [self.cluster])]}
