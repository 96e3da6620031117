"""`publish`: a new revision of a blueprint, as its author makes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import Field, model_validator

from lab.model.names import BLUEPRINTS
from lab.scenarios import revisions
from lab.scenarios.edits import changed
from lab.scenarios.fields import Folder
from lab.scenarios.outcome import StepFailed
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Publish(Step):
    """Publish a folder beside the scenario, or the newest revision of a blueprint with edits, as its next revision."""

    package: str = Field("", description="The blueprint; the folder's name when a folder is published.")
    folder: Folder | None = Field(None, description="A folder with a Kptfile.")
    files: dict[str, str | None] = Field(default_factory=dict, description="Path to whole content; null deletes.")
    replace: dict[str, dict[str, str]] = Field(default_factory=dict, description="Path to old text and new text.")

    @model_validator(mode="after")
    def _one_of(self) -> Publish:
        edits = bool(self.files or self.replace)
        if (self.folder is not None) is edits:
            raise ValueError("either `folder`, or `files` and `replace`, are expected")
        if edits and not self.package:
            raise ValueError("`package` is expected with edits")
        return self

    async def run(self, scene: Scene) -> Any:
        """Package, workspace (`v2`), commit, and whether it is new."""
        if self.folder is not None:
            name, read = revisions.package_in(scene.path(self.folder), self.package)
            return asdict(await revisions.publish(scene.bench, name, read))
        repository = await scene.git(BLUEPRINTS)
        tip = (await repository.fetch()).get("refs/heads/main")
        files = repository.files(tip, self.package) if tip else {}
        if not files:
            raise StepFailed(f"a blueprint {self.package} in {BLUEPRINTS}", ["there is none"])
        edited = changed(files, self.files, self.replace)
        return asdict(await revisions.publish(scene.bench, self.package, edited))
