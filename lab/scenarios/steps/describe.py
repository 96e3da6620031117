"""`describe`: a cluster gets its ClusterContext."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lab.kube.paths import CLUSTER_CONTEXT
from lab.scenarios import flow
from lab.scenarios.fields import Cluster
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Describe(Step):
    """Apply the ClusterContext of a cluster to the management cluster: metadata only, written by the lab."""

    shorthand: ClassVar[str] = "cluster"
    cluster: Cluster = Field(description="The workload cluster.")

    async def run(self, scene: Scene) -> Any:
        """The ClusterContext as the management cluster has it."""
        await flow.describe(scene.bench, self.cluster)
        return await scene.bench.management.get(CLUSTER_CONTEXT, self.cluster, "default")
