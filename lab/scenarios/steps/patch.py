"""`patch`: a part of an object, as `kubectl patch` does."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from lab.kube.client import JSON_PATCH, MERGE, KubeError
from lab.model.spec import MANAGEMENT
from lab.scenarios.fields import Cluster
from lab.scenarios.outcome import StepFailed
from lab.scenarios.references import existing
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step
from lab.scenarios.variants import new_trails


class Patch(Step):
    """Change a part of an object: `merge` names fields and new values (null removes), `json` lists operations."""

    on: Cluster = Field(MANAGEMENT, description="The cluster.")
    object: str = Field(description="The object as `kind/name`.")
    namespace: str = Field("", description="Its namespace; `default` when none is named.")
    merge: dict[str, Any] | None = Field(None, description="Fields and their new values.")
    json_: list[dict[str, Any]] | None = Field(None, alias="json", description="JSON patch operations.")
    refused: str = Field("", description="The API must refuse, with words that hold this text.")

    @model_validator(mode="after")
    def _one_of(self) -> Patch:
        if (self.merge is None) is (self.json_ is None):
            raise ValueError("either `merge` or `json` is expected")
        return self

    async def run(self, scene: Scene) -> Any:
        """The object as it is after the patch."""
        kind, obj = await existing(scene, self.on, self.object, self.namespace)
        meta = obj["metadata"]
        content, form = (self.merge, MERGE) if self.merge is not None else (self.json_, JSON_PATCH)
        try:
            async with new_trails(scene):
                changed = await scene.kube(self.on).patch(
                    kind, meta["name"], content, namespace=meta.get("namespace", ""), content_type=form
                )
        except KubeError as error:
            if self.refused and self.refused in error.message:
                return {"refused": error.message, "code": error.code}
            raise
        if self.refused:
            raise StepFailed(f"a refusal that says: {self.refused}", ["the patch was taken"])
        return changed
