"""Commits on a branch that were not there when one began to look."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lab.git.failures import GitFailure
from lab.scenarios.conditions.condition import Finding, News
from lab.scenarios.scene import GIT_PERIOD, Scene


class NewCommits:
    """A commit on `branch` of `repository`, made after the first `following` began, whose message holds the pattern."""

    def __init__(self, repository: str, branch: str, message: str) -> None:
        self._repository = repository
        self._branch = branch
        self._message = message
        self._known: str | None = None
        self._began = False

    @asynccontextmanager
    async def following(self, scene: Scene) -> AsyncIterator[News]:
        """Notes, the first time, where the branch stands; Git is asked once a second."""
        if not self._began:
            self._known, self._began = await self._tip(scene), True
        yield lambda within: scene.bench.clock.sleep(min(within, GIT_PERIOD))

    async def look(self, scene: Scene) -> Finding:
        """What is on the branch now and was not before; an unreachable Git shows nothing new."""
        expected = f"a new commit on {self._branch} of {self._repository}"
        try:
            tip = await self._tip(scene)
        except GitFailure as error:
            return Finding(False, expected, [error.message])
        if tip is None or tip == self._known:
            return Finding(False, expected, ["nothing new"])
        repository = await scene.git(self._repository)
        stop = [self._known] if self._known else []
        news = [c for c in repository.history(tip, stop=stop) if re.search(self._message, c.message, re.MULTILINE)]
        lines = [f"{c.id[:7]} {c.message.splitlines()[0] if c.message else ''}" for c in news]
        return Finding(bool(news), expected, lines, found={"commit": tip})

    async def _tip(self, scene: Scene) -> str | None:
        refs = await (await scene.git(self._repository)).fetch()
        return refs.get(f"refs/heads/{self._branch}")
