"""`add-cluster`: the lab grows."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.model.spec import Bootstrap, ClusterSpec
from lab.scenarios import growing
from lab.scenarios.fields import NewCluster
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class AddCluster(Step):
    """Make a workload cluster, register its repository, describe it; `flows` brings the first one's packages."""

    shorthand: ClassVar[str] = "name"
    name: NewCluster = Field(description="The new cluster.")
    site: str = Field("", description="Site code, metadata only.")
    cnis: list[str] = Field(default_factory=list, description="CNIs that the cluster offers, metadata only.")
    flows: bool = Field(False, description="Bring it every package that the lab's first cluster has.")
    bootstrap: Literal["auto", "manual"] = Field("auto", description="Who applies the two bootstrap files.")

    async def run(self, scene: Scene) -> Any:
        """The cluster's name."""
        spec = ClusterSpec(self.name, self.site, tuple(self.cnis), bootstrap=Bootstrap(self.bootstrap))
        await growing.add_cluster(scene.bench, spec, flows=self.flows, bootstrapped=self.bootstrap == "auto")
        return {"name": self.name}
