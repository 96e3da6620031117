"""`git`: what a repository holds, as an object of its own right."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from lab.scenarios.asserting import becomes
from lab.scenarios.conditions.repository import RepositoryHolds
from lab.scenarios.durations import Duration
from lab.scenarios.fields import Look
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Git(Step):
    """A branch is there, its file holds or lacks a text, its tip's message or its number of commits is as expected."""

    acts: ClassVar[bool] = False
    repo: str = Field(description="The repository, such as nephio-my-ran.")
    branch: str = Field("main", description="The branch.")
    file: str = Field("", description="A file's path, or a folder's.")
    has: str = Field("", description="A text that the file holds.")
    lacks: str = Field("", description="A text that the file does not hold.")
    absent: bool = Field(False, description="The file, or the branch where no file is named, is not there.")
    message: Look = Field(None, description="The message of the branch's newest commit.")
    author: Look = Field(None, description="The author of the branch's newest commit, `Name <mail>`.")
    commits: Look = Field(None, description="How many commits the branch has.")
    within: Duration = Field(10.0, description="Until true, or this long.")

    async def run(self, scene: Scene) -> Any:
        """Commit, message, author and the file's content."""
        wish = self.model_dump(include={"file", "has", "lacks", "absent", "message", "author", "commits"})
        return await becomes(scene, RepositoryHolds(self.repo, self.branch, wish), self.within)
