"""`remove-cluster`: a cluster goes, with everything that belongs to it."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lab.scenarios import growing
from lab.scenarios.fields import Cluster
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class RemoveCluster(Step):
    """Withdraw a cluster's variants, unregister its repository and remove it."""

    shorthand: ClassVar[str] = "name"
    name: Cluster = Field(description="The workload cluster.")

    async def run(self, scene: Scene) -> Any:
        """What is gone."""
        return {"gone": await growing.remove_cluster(scene.bench, self.name)}
