"""`tamper`: a hand on the workload cluster, behind Git's back."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from lab.kube.paths import metadata
from lab.scenarios.fields import Cluster
from lab.scenarios.kinds import label
from lab.scenarios.outcome import StepFailed
from lab.scenarios.references import existing
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step

MANAGED = "configmanagement.gke.io/managed"
"""The annotation on what the agent keeps as Git says. Source: Config Sync, object metadata."""


class Tamper(Step):
    """Change (`merge`) or delete (`delete: true`) an object that the agent manages, as a hasty person would."""

    on: Cluster = Field(description="The workload cluster.")
    object: str = Field(description="The object as `kind/name`.")
    namespace: str = Field("", description="Its namespace; `default` when none is named.")
    merge: dict[str, Any] | None = Field(None, description="Fields and their new values; null removes.")
    delete: bool = Field(False, description="Delete it.")

    @model_validator(mode="after")
    def _one_of(self) -> Tamper:
        if (self.merge is None) is not self.delete:
            raise ValueError("either `merge` or `delete: true` is expected")
        return self

    async def run(self, scene: Scene) -> Any:
        """The object as it was before. Raises StepFailed for one that nobody would put back."""
        kind, obj = await existing(scene, self.on, self.object, self.namespace)
        annotations = metadata(obj).get("annotations") or {}
        if annotations.get(MANAGED) != "enabled":
            raise StepFailed(
                f"{label(obj)} is managed from Git", [f"no annotation {MANAGED}: nobody would put it back"]
            )
        client, meta = scene.kube(self.on), obj["metadata"]
        if self.delete:
            await client.delete(kind, meta["name"], namespace=meta.get("namespace", ""), uid=meta["uid"])
        else:
            await client.patch(kind, meta["name"], self.merge, namespace=meta.get("namespace", ""))
        return obj
