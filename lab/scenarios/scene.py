"""What a step is handed: the bench, the values so far, where files lie, and what must not happen from now on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lab.errors.base import LabError
from lab.git.remote import RemoteRepository
from lab.kube.client import KubeClient
from lab.model.trail import Trail
from lab.scenarios.bench import Bench, Controls
from lab.scenarios.kinds import Kinds

Guard = Callable[[], Awaitable[None]]
"""Watches for what must not happen; ends only by raising StepFailed."""

GIT_PERIOD = 1.0
"""Seconds of lab time between two looks at a repository: Git tells nobody when something changes."""


@dataclass(slots=True)
class Scene:
    """One scenario on one bench. `values` are what `${name}` stands for; `folder` is where the scenario's files lie.

    `acted` is when something was done last: what stopped before that may have been put right since.
    """

    bench: Bench
    folder: Path
    values: dict[str, Any] = field(default_factory=dict)
    kinds: Kinds = field(default_factory=Kinds)
    undo: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    guard: Callable[[Guard, Guard], None] = field(default=lambda _watch, _last: None)
    acted: datetime | None = None
    _after: dict[tuple[str, str], int] = field(default_factory=dict)
    _repositories: dict[str, RemoteRepository] = field(default_factory=dict)

    def kube(self, cluster: str) -> KubeClient:
        """A cluster as its admin. Raises LabError LAB024."""
        return self.bench.kube(cluster)

    def controls(self) -> Controls:
        """The levers of the world. Raises LabError LABT05 where there are none."""
        if self.bench.controls is None:
            why = f"On the profile {self.bench.spec.profile} Git and clusters cannot be stopped from here."
            raise LabError("LABT05", "This step needs a world that can be changed.", why)
        return self.bench.controls

    async def git(self, name: str) -> RemoteRepository:
        """A repository of the lab, by its name; reads need `fetch` first."""
        if name not in self._repositories:
            hosted = await self.bench.repository(name)
            self._repositories[name] = RemoteRepository(
                hosted.push_url, credentials=self.bench.git_credentials, route=self.bench.route
            )
        return self._repositories[name]

    def trail(self, word: str, cluster: str = "") -> Trail | None:
        """The newest trail of a package, by the package's or the variant's name, that began after what was changed."""
        found = [t for t in self.bench.board.trails if word in (t.package, t.variant) and cluster in ("", t.cluster)]
        newest = found[-1] if found else None
        if newest is not None and newest.number <= self._after.get((newest.package, newest.repository), 0):
            return None
        return newest

    def expect_new_trail(self, package: str, repository: str, number: int) -> None:
        """The variant has changed: trails up to this number no longer answer for it."""
        self._after[(package, repository)] = number

    def last_trail(self) -> Trail | None:
        """The trail to which something happened last."""
        moved = [
            (max((p.at for p in t.passages.values() if p.at), default=t.began), t) for t in self.bench.board.trails
        ]
        return max(moved, key=lambda pair: pair[0])[1] if moved else None

    def path(self, name: str) -> Path:
        """A file or folder of the scenario."""
        return self.folder / name

    async def close(self) -> None:
        """Undo what is still paused and let go of repositories."""
        for again in list(self.undo.values()):
            await again()
        self.undo.clear()
        for repository in self._repositories.values():
            repository.close()
