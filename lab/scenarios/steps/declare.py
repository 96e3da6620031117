"""`declare`: a package is asked for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from lab.kube.paths import PACKAGE_VARIANT
from lab.model.spec import Approval, Flow
from lab.scenarios import flow
from lab.scenarios.fields import Cluster
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step
from lab.scenarios.variants import new_trails


class Declare(Step):
    """Apply the PackageVariant of a package for a cluster to the management cluster: the lab writes the file."""

    package: str = Field(description="The blueprint, with its workspace where it is not v1: cluster-baseline@v2.")
    to: Cluster = Field(description="The workload cluster.")
    set: dict[str, str] = Field(default_factory=dict, description="Values for the package's setters.")
    approve: Literal["initial", "always", "manual"] = Field("initial", description="The policy of approval.")

    async def run(self, scene: Scene) -> Any:
        """The PackageVariant as the cluster has it."""
        package, _, workspace = self.package.partition("@")
        wanted = Flow(package, self.to, self.set, Approval(self.approve), workspace or "v1")
        async with new_trails(scene):
            await flow.declare(scene.bench, wanted)
        return await scene.bench.management.get(PACKAGE_VARIANT, wanted.variant, "default")
