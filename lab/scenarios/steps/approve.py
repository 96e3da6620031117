"""`approve`: a person proposes and approves what waits."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lab.scenarios import revisions
from lab.scenarios.fields import Cluster
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Approve(Step):
    """Propose and approve every draft of a package that waits, on one cluster where named."""

    shorthand: ClassVar[str] = "package"
    package: str = Field(description="The package.")
    on: Cluster = Field("", description="Only the draft for this cluster.")

    async def run(self, scene: Scene) -> Any:
        """The names of the approved revisions."""
        return {"revisions": await revisions.approve(scene.bench, self.package, self.on)}
