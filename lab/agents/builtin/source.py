"""Where a RootSync reads from: asks Git for its refs, fetches only when the commit moved, reads the tree.

Errors are KNV2004 in the words of git-sync's envelope. Source: Config Sync, git-sync container and source stage.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from lab.agents.builtin.sync_spec import SyncSpec
from lab.errors.base import LabError
from lab.git.failures import GitFailure, GitMissing, no_ref
from lab.git.remote import RemoteRepository
from lab.git.urls import without_credentials
from lab.ports.git_host import Credentials
from lab.reconcile.faults import Fault
from lab.reconcile.parse import Parsed, parse

OpenRepository = Callable[[SyncSpec, Credentials | None], RemoteRepository]

FETCH_TIMEOUT = 60.0
NEWS_LIMIT = 100

_COMMIT = re.compile(r"[0-9a-f]{40}")


class SourceFailure(Exception):
    """Nothing could be read from Git; `fault` is KNV2004, `said` is Git's own last words."""

    def __init__(self, fault: Fault, said: str) -> None:
        super().__init__(said)
        self.fault = fault
        self.said = said


@dataclass(frozen=True, slots=True)
class Tree:
    """A directory as it was read: its Git id, which names its content, and what it declares."""

    id: str
    parsed: Parsed


class Source:
    """One repository as one RootSync reads it. Failures are counted as git-sync counts them."""

    def __init__(self, spec: SyncSpec, repository: RemoteRepository) -> None:
        self._spec = spec
        self._repository = repository
        self._fetched = ""
        self._failures = 0
        self._tree: Tree | None = None

    async def poll(self) -> str:
        """The commit that the branch or revision stands at, fetched. Raises SourceFailure."""
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                commit = await self._latest()
        except TimeoutError:
            said = f"fatal: unable to access '{without_credentials(self._spec.url)}/': Operation timed out"
            raise self._failed(said) from None
        except GitFailure as error:
            raise self._failed(error.message) from error
        except LabError as error:
            raise self._failed(f"fatal: {error.what}: {error.why}") from error
        self._failures = 0
        return commit

    async def read(self, commit: str) -> Tree:
        """What the directory declares at a fetched commit. Raises SourceFailure when it has no such directory."""
        return await asyncio.to_thread(self._read, commit)

    def news(self, commit: str, since: str) -> tuple[str, ...]:
        """`commit` and those before it that came after `since` ("" for none), newest first, at most a hundred."""
        try:
            known = [since] if since and self._has(since) else []
            found = [info.id for info in self._repository.history(commit, stop=known, limit=NEWS_LIMIT)]
        except GitMissing:
            found = []
        return tuple(found or [commit])

    def files_at(self, commit: str) -> list[str]:
        """Paths of the files of an earlier commit, relative to the repository; nothing where it is not at hand."""
        try:
            return [item.path for item in self._repository.directories(commit)]
        except GitMissing:
            return []

    def close(self) -> None:
        """Let go of files and connections."""
        self._repository.close()

    async def _latest(self) -> str:
        wanted = self._spec.revision if self._spec.revision != "HEAD" else self._spec.branch
        refs = await self._repository.refs()
        for name in (f"refs/heads/{wanted}", f"refs/tags/{wanted}", wanted):
            if name in refs:
                if refs[name] != self._fetched or not self._has(refs[name]):
                    refs = await self._repository.fetch(name)
                self._fetched = refs[name]
                return self._fetched
        if not _COMMIT.fullmatch(wanted):
            raise no_ref(wanted)
        if not self._has(wanted):
            await self._repository.fetch()
            self._repository.commit(wanted)
        self._fetched = wanted
        return wanted

    def _has(self, commit: str) -> bool:
        try:
            self._repository.commit(commit)
        except GitMissing:
            return False
        return True

    def _read(self, commit: str) -> Tree:
        directory = self._spec.directory
        try:
            tree = self._repository.tree_id(commit, directory)
            if tree is None:
                where = f"/repo/source/{directory}"
                text = (
                    f'failed to evaluate the config directory "{where}": lstat {where}: no such file or directory: '
                    f"commit {commit[:7]} has no directory {directory}"
                )
                raise SourceFailure(Fault("2004", text), text)
            if self._tree is None or self._tree.id != tree:
                self._tree = Tree(tree, parse(self._repository.files(commit, directory), directory))
        except GitMissing as error:
            raise self._failed(error.message) from error
        return self._tree

    def _failed(self, said: str) -> SourceFailure:
        self._failures += 1
        wanted = self._spec.revision if self._spec.revision != "HEAD" else self._spec.branch
        command = f"git fetch {without_credentials(self._spec.url)} {wanted} --verbose --no-progress --prune"
        error = f'Run({command}): exit status 128: {{ stdout: "", stderr: {orjson.dumps(said).decode()} }}'
        envelope = {"Msg": "error syncing repo, will retry", "Err": error, "Args": {"failCount": self._failures}}
        text = f"error in the git-sync container: {orjson.dumps(envelope).decode()}"
        return SourceFailure(Fault("2004", text), said)
