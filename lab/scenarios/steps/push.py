"""`push`: a person edits a repository and pushes the commit."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from lab.git.remote import GitConflict, RemoteRepository
from lab.kit.retrying import again
from lab.scenarios.edits import AUTHOR, changed
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Push(Step):
    """Clone, edit, commit, push: files are written whole (`files`, null deletes one) or changed in part (`replace`)."""

    repo: str = Field(description="The repository, such as nephio-my-ran.")
    branch: str = Field("main", description="The branch.")
    files: dict[str, str | None] = Field(default_factory=dict, description="Path to whole content; null deletes.")
    replace: dict[str, dict[str, str]] = Field(default_factory=dict, description="Path to old text and new text.")
    message: str = Field("Edit by hand", description="The commit's message.")

    @model_validator(mode="after")
    def _something(self) -> Push:
        if not self.files and not self.replace:
            raise ValueError("`files` or `replace` is expected")
        return self

    async def run(self, scene: Scene) -> Any:
        """The new commit; when somebody pushed in between, the edit is made again on top of that."""
        repository = await scene.git(self.repo)
        return await again(
            lambda: self._push(scene, repository),
            on=(GitConflict,),
            tell=lambda _attempt, _error, _wait: None,
        )

    async def _push(self, scene: Scene, repository: RemoteRepository) -> dict[str, str]:
        ref = f"refs/heads/{self.branch}"
        tip = (await repository.fetch()).get(ref)
        before = repository.files(tip) if tip else {}
        now = scene.bench.clock.now()
        commit = repository.write_commit(
            base_tree_of=None,
            replace={"": changed(before, self.files, self.replace)},
            parents=[tip] if tip else [],
            author=AUTHOR,
            committer=AUTHOR,
            authored=now,
            committed=now,
            message=self.message + "\n",
        )
        await repository.push({ref: (tip, commit)})
        return {"commit": commit}
