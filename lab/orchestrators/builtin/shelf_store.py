"""One registered repository at work: what it holds now, and writes that are one push each.

A write is built against the refs last seen and pushed with what they must be; when somebody was faster, the refs are
read again and the write is built anew. Git work is done in worker threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from lab.git.failures import GitConflict
from lab.git.remote import RemoteRepository
from lab.orchestrators.builtin.contents import Content, Contents
from lab.orchestrators.builtin.discovery import Discovery, Shelf
from lab.orchestrators.builtin.git_steps import GitSteps, Refs, Updates
from lab.orchestrators.builtin.refs import interesting
from lab.orchestrators.builtin.revision import Revision

ATTEMPTS = 6
FIRST_WAIT = 0.2

Retried = Callable[[str, int, Exception, float], None]
"""`(what, attempt, error, wait)` is told before a push is tried again."""

Reached = Callable[[str], Awaitable[None]]
"""Called with the name of each point between two steps; a test may end the world there."""


@dataclass(frozen=True, slots=True)
class News:
    """What changed on a shelf: revisions that are new or different, those that are gone, and all of them now."""

    changed: tuple[Revision, ...]
    gone: tuple[Revision, ...]
    now: Mapping[str, Revision]

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone)


class ShelfStore:
    """The present state of one shelf; `revisions` are by Kubernetes name, `refs` those that say something."""

    def __init__(
        self,
        shelf: Shelf,
        git: RemoteRepository,
        contents: Contents,
        *,
        reached: Reached,
        retried: Retried,
        publish: Callable[[ShelfStore, News], None],
    ) -> None:
        self.shelf = shelf
        self.git = git
        self.steps = GitSteps(shelf, git)
        self.refs: dict[str, str] = {}
        self.revisions: Mapping[str, Revision] = {}
        self._contents = contents
        self._discovery = Discovery(shelf, git, contents)
        self._reached = reached
        self._retried = retried
        self._publish = publish
        self._lock = asyncio.Lock()

    async def look(self) -> News:
        """Ask the remote for its refs and read what moved. Raises GitFailure."""
        async with self._lock:
            return await self._look()

    async def write(self, what: str, build: Callable[[Refs], Updates], *, dry_run: bool = False) -> News:
        """Push what `build` makes of the present refs; tried again when another writer was faster.

        Raises Moved or GitFailure; `what` names the write in retries. A dry run pushes nothing and tells what the
        shelf would hold.
        """
        async with self._lock:
            for attempt in range(1, ATTEMPTS + 1):
                updates = await asyncio.to_thread(build, dict(self.refs))
                if not updates:
                    return News((), (), self.revisions)
                if dry_run:
                    return News((), (), await asyncio.to_thread(self._discovery.look, _moved(self.refs, updates)))
                await self._reached(f"{what}: built")
                try:
                    await self.git.push(updates)
                except GitConflict as error:
                    if attempt == ATTEMPTS:
                        raise
                    wait = FIRST_WAIT * attempt
                    self._retried(what, attempt, error, wait)
                    await asyncio.sleep(wait)
                    await self._look()
                    continue
                await self._reached(f"{what}: pushed")
                self.refs = _moved(self.refs, updates)
                return await self._discover()
        raise AssertionError("unreachable")

    async def content(self, revision: Revision) -> Content:
        """The files of a revision."""
        return await asyncio.to_thread(self.content_now, revision)

    def content_now(self, revision: Revision) -> Content:
        """The files of a revision; blocking unless they were read before."""
        return self._contents.of(revision.tree, lambda: self.git.files(revision.commit, revision.path))

    def close(self) -> None:
        """Let go of the repository."""
        self.git.close()

    async def _look(self) -> News:
        refs = interesting(await self.git.refs(), self.shelf.tracked)
        if refs == self.refs:
            return News((), (), self.revisions)
        fetched = await self.git.fetch(*sorted(refs)) if refs else {}
        self.refs = interesting(fetched, self.shelf.tracked)
        return await self._discover()

    async def _discover(self) -> News:
        before = self.revisions
        now = await asyncio.to_thread(self._discovery.look, dict(self.refs))
        self.revisions = now
        changed = tuple(revision for name, revision in now.items() if before.get(name) != revision)
        gone = tuple(revision for name, revision in before.items() if name not in now)
        news = News(changed, gone, now)
        if news:
            self._publish(self, news)
        return news


def _moved(refs: Refs, updates: Updates) -> dict[str, str]:
    """The refs after a push."""
    now = {ref: commit for ref, commit in refs.items() if ref not in updates}
    return now | {ref: new for ref, (_, new) in updates.items() if new is not None}
