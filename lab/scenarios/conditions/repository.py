"""What stands in a repository on a branch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from lab.git.failures import GitFailure
from lab.git.remote import RemoteRepository
from lab.scenarios.conditions.condition import Finding, News
from lab.scenarios.match import MISSING, differences
from lab.scenarios.scene import GIT_PERIOD, Scene

ALL_COMMITS = 100_000


class RepositoryHolds:
    """`wish` holds file, has, lacks, absent, message, author, commits, as the step `git` explains them."""

    def __init__(self, repository: str, branch: str, wish: Mapping[str, Any]) -> None:
        self._repository = repository
        self._branch = branch
        self._wish = wish

    @asynccontextmanager
    async def following(self, scene: Scene) -> AsyncIterator[News]:
        """Git is asked once a second."""
        yield lambda within: scene.bench.clock.sleep(min(within, GIT_PERIOD))

    async def look(self, scene: Scene) -> Finding:
        """Fetch, and compare what is there."""
        expected = " ".join(f"{key}: {value}" for key, value in self._wish.items() if value not in ("", None, False))
        expected = f"{self._branch} of {self._repository} with {expected or 'a commit'}"
        repository = await scene.git(self._repository)
        try:
            tip = (await repository.fetch()).get(f"refs/heads/{self._branch}")
        except GitFailure as error:
            return Finding(False, expected, [error.message])
        if tip is None:
            return Finding(
                bool(self._wish["absent"]), expected, [f"there is no branch {self._branch}"], found={"commit": None}
            )
        found = self._found(repository, tip)
        unmet, alike = self._unmet(found, repository, tip)
        return Finding(not unmet, expected, unmet, alike, found)

    def _found(self, repository: RemoteRepository, tip: str) -> dict[str, Any]:
        commit = repository.commit(tip)
        path = self._wish["file"]
        content = repository.files(tip).get(path) if path else None
        return {
            "commit": tip,
            "message": commit.message,
            "author": commit.author,
            "commits": len(repository.history(tip, limit=ALL_COMMITS)) if self._wish["commits"] is not None else None,
            "content": content.decode("utf-8", "replace") if content is not None else None,
        }

    def _unmet(self, found: Mapping[str, Any], repository: RemoteRepository, tip: str) -> tuple[list[str], list[str]]:
        wish = self._wish
        unmet = [
            str(difference)
            for key in ("message", "author", "commits")
            if wish[key] is not None
            for difference in differences(wish[key], found.get(key, MISSING), key)
        ]
        if not wish["file"]:
            return unmet + ([f"the branch is at {tip[:7]}"] if wish["absent"] else []), []
        there = found["content"] is not None or repository.has_directory(tip, wish["file"])
        if there is wish["absent"]:
            alike = [] if there else [path for path in sorted(repository.files(tip)) if path[:4] == wish["file"][:4]]
            return [*unmet, f"{wish['file']} is {'' if there else 'not '}there"], alike[:3]
        content = found["content"] or ""
        if wish["has"] and wish["has"] not in content:
            unmet.append(f"{wish['file']} does not hold `{wish['has']}`")
        if wish["lacks"] and wish["lacks"] in content:
            unmet.append(f"{wish['file']} holds `{wish['lacks']}`")
        return unmet, content.splitlines()[:3] if unmet else []
