"""`delete`: an object, as `kubectl delete` does."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from lab.kube.paths import Kind, Object
from lab.model.spec import MANAGEMENT
from lab.scenarios.asserting import becomes
from lab.scenarios.conditions.gone import Gone
from lab.scenarios.durations import Duration
from lab.scenarios.fields import Cluster
from lab.scenarios.references import existing
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Delete(Step):
    """Delete an object and wait until that very object is gone; one of the same name may be back by then."""

    on: Cluster = Field(MANAGEMENT, description="The cluster.")
    object: str = Field(description="The object as `kind/name`.")
    namespace: str = Field("", description="Its namespace; `default` when none is named.")
    within: Duration = Field(60.0, description="How long it may take to go.")

    async def run(self, scene: Scene) -> Any:
        """Delete and wait; the object as it was comes back."""
        found: tuple[Kind, Object] = await existing(scene, self.on, self.object, self.namespace)
        kind, obj = found
        meta = obj["metadata"]
        await scene.kube(self.on).delete(kind, meta["name"], namespace=meta.get("namespace", ""), uid=meta["uid"])
        await becomes(scene, Gone(self.on, kind, obj), self.within)
        return obj
