"""`apply`: files or an object, as `kubectl apply` does."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from lab.errors.base import LabError
from lab.errors.people_files import read_text
from lab.kit.yaml_nodes import YamlFault
from lab.kube.applying import AppliedObject, apply_objects
from lab.kube.client import KubeError
from lab.kube.paths import Object
from lab.manifests import load as manifests
from lab.model.spec import MANAGEMENT
from lab.scenarios.fields import Cluster, File
from lab.scenarios.kinds import in_namespace
from lab.scenarios.outcome import StepFailed
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step
from lab.scenarios.variants import new_trails


class Apply(Step):
    """Apply a file, several files, or one object to a cluster, as a person does with that cluster's own key."""

    on: Cluster = Field(MANAGEMENT, description="The cluster.")
    file: File | list[File] | None = Field(None, description="A file beside the scenario, or a list of them.")
    object: dict[str, Any] | None = Field(None, description="The object itself.")
    refused: str = Field("", description="The API must refuse, with words that hold this text.")
    warns: str = Field("", description="The API must warn, with words that hold this text.")

    @model_validator(mode="after")
    def _one_of(self) -> Apply:
        if (self.file is None) is (self.object is None):
            raise ValueError("either `file` or `object` is expected")
        return self

    async def run(self, scene: Scene) -> Any:
        """Apply in the order of the files; the last object comes back as the cluster has it."""
        objects = self._objects(scene)
        client = scene.kube(self.on)
        try:
            async with new_trails(scene):
                applied = await apply_objects(client, objects)
        except KubeError as error:
            return self._refusal(error)
        if self.refused:
            raise StepFailed(f"a refusal that says: {self.refused}", [str(one) for one in applied])
        warnings = [text for one in applied for text in one.warnings]
        if self.warns and not any(self.warns in text for text in warnings):
            raise StepFailed(f"a warning that says: {self.warns}", warnings or ["no warning"])
        return await self._live(scene, objects[-1], applied[-1]) if objects else None

    def _objects(self, scene: Scene) -> list[Object]:
        if self.object is not None:
            return [self.object]
        names = self.file if isinstance(self.file, list) else [self.file or ""]
        found: list[Object] = []
        for name in names:
            path = scene.path(name)
            try:
                found += manifests.parse(read_text(path))
            except YamlFault as error:
                raise LabError("LAB001", f'"{name}" is not valid YAML.', str(error)) from error
        return found

    def _refusal(self, error: KubeError) -> Any:
        if self.refused and self.refused in error.message:
            return {"refused": error.message, "code": error.code}
        if self.refused:
            raise StepFailed(f"a refusal that says: {self.refused}", [error.message]) from error
        raise error

    async def _live(self, scene: Scene, obj: Object, applied: AppliedObject) -> Any:
        kind = await scene.kube(self.on).kind_for(str(obj.get("apiVersion")), str(obj.get("kind")))
        if kind is None:
            return obj
        return await scene.kube(self.on).get(kind, applied.name, in_namespace(kind, applied.namespace))
