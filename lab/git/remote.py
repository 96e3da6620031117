"""A repository behind a URL, as the orchestrator and the agents see it: fetch, read, build commits, push.

Network and disk are left to worker threads. A repository that this very process hosts is read where it lies, so
a thousand agents asking every fifteen seconds cost a few file reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from lab.git.commit_writing import TreeBuilder, build_commit
from lab.git.commits import (
    CommitInfo,
    TreeItem,
    as_id,
    commit_info,
    find_tree,
    peel,
    reaches,
    read_blob,
    read_commit,
    walk_history,
    walk_tree,
)
from lab.git.failures import GitConflict, GitDenied, GitFailure, GitMissing, GitUnreachable, no_ref
from lab.git.http_transport import GitTransport
from lab.git.on_this_machine import GuardedRoute, LocalAccess
from lab.git.own_store import OwnStore
from lab.git.packed_refs import RefChange, RefState
from lab.ports.git_host import Credentials, LocalRoute

__all__ = [
    "CommitInfo",
    "GitConflict",
    "GitDenied",
    "GitFailure",
    "GitMissing",
    "GitUnreachable",
    "GuardedRoute",
    "RemoteRepository",
    "TreeItem",
]


class RemoteRepository:
    """The repository at `url` with a store of its own: bare, in `folder`, or in memory when None.

    `folder` belongs to this object alone. With a `route` to the URL nothing is copied on fetching, and only what was
    built here and not yet pushed lies in the store. Reading, history and building work on fetched commits.
    """

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None = None,
        route: LocalRoute | None = None,
        folder: Path | None = None,
    ) -> None:
        self.url = url
        self._store = OwnStore(folder)
        self._pool = self._store.pool
        self._local = LocalAccess(url, route, credentials, self._pool)
        self._transport = GitTransport(url, credentials)
        self._one_at_a_time = asyncio.Lock()

    async def refs(self) -> dict[str, str]:
        """Full ref name to commit id (annotated tags followed), with "HEAD" when it points to a commit.

        Raises GitUnreachable, GitDenied or GitMissing.
        """
        hosted = self._local.read()
        return _commits(hosted if hosted is not None else await asyncio.to_thread(self._transport.refs))

    async def fetch(self, *refs: str, depth: int | None = None) -> dict[str, str]:
        """Bring the refs (full names, or short ones of branches and tags; all when none) and what they need here.

        `depth` leaves out what is further from the tips. Returns all refs of the remote as `refs` does. Raises
        GitMissing when one of them is not there, else as `refs`.
        """
        if (hosted := self._local.read()) is not None:
            found = _commits(hosted)
            _resolve(refs, found)
            return found
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._fetch, refs, depth)

    async def push(self, updates: Mapping[str, tuple[str | None, str | None]], *, atomic: bool = True) -> None:
        """Move refs, each from the id expected (None: must not exist) to a new one (None: delete it).

        All move or none, unless `atomic` is False. Raises GitConflict when a ref is not what was expected or the
        server refuses, else as `refs`.
        """
        changes = [RefChange(name, old, new) for name, (old, new) in updates.items()]
        if not changes:
            return
        async with self._one_at_a_time:
            if self._local.may_push():
                await asyncio.to_thread(self._local.push, changes, atomic=atomic)
            else:
                await asyncio.to_thread(self._push, changes, atomic)

    def commit(self, id: str) -> CommitInfo:
        """The commit. Raises GitMissing when it was not fetched."""
        return commit_info(read_commit(self._pool, id))

    def files(self, commit: str, directory: str = "") -> dict[str, bytes]:
        """Every file below the directory, by its path relative to it; nothing when the directory is missing."""
        return {
            item.path: read_blob(self._pool, item.id)
            for item in self.directories(commit, directory)
            if item.mode & 0o170000 == 0o100000
        }

    def has_directory(self, commit: str, directory: str) -> bool:
        """Whether the commit has such a directory."""
        return self.tree_id(commit, directory) is not None

    def directories(self, commit: str, directory: str = "") -> list[TreeItem]:
        """Everything below the directory, directories and files, by path relative to it."""
        tree = find_tree(self._pool, read_commit(self._pool, commit).tree.decode("ascii"), directory)
        return [] if tree is None else list(walk_tree(self._pool, tree))

    def tree_id(self, commit: str, directory: str = "") -> str | None:
        """The id of the directory's tree, the same whenever the content is the same; None when it is missing."""
        tree = find_tree(self._pool, read_commit(self._pool, commit).tree.decode("ascii"), directory)
        return None if tree is None else tree.id.decode("ascii")

    def history(self, tip: str, *, stop: Collection[str] = (), limit: int = 100) -> list[CommitInfo]:
        """At most `limit` commits from `tip` back over all parents, newest first, no parent before its child.

        What `stop` reaches is left out.
        """
        return [commit_info(commit) for commit in walk_history(self._pool, tip, stop, limit)]

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether `ancestor` is `descendant` itself or before it."""
        return reaches(self._pool, descendant, ancestor)

    def write_commit(
        self,
        *,
        base_tree_of: str | None,
        replace: Mapping[str, Mapping[str, bytes] | None],
        parents: Sequence[str],
        author: str,
        committer: str,
        authored: datetime,
        committed: datetime,
        message: str,
    ) -> str:
        """Build a commit in the own store and return its id, which depends on nothing but what goes in.

        Its tree is that of the commit `base_tree_of` (empty when None), in which each directory of `replace` ("" for
        everything) holds exactly the files given, or is gone for None. Persons read `Name <mail>`.
        """
        builder = TreeBuilder(self._pool, self._pool.add)
        tree = read_commit(self._pool, base_tree_of).tree if base_tree_of else None
        for directory in sorted(replace):
            tree = builder.replace(tree, directory, replace[directory])
        commit = build_commit(
            tree or builder.empty(),
            parents=parents,
            author=author,
            committer=committer,
            authored=authored,
            committed=committed,
            message=message,
        )
        self._pool.add(commit)
        return commit.id.decode("ascii")

    def close(self) -> None:
        """Let go of open files and connections; the next use opens them again."""
        self._pool.close()
        self._transport.close()

    def _push(self, changes: list[RefChange], atomic: bool) -> None:
        for batch in [changes] if atomic else [[change] for change in changes]:
            self._transport.push(batch, self._pool, self._store.shallow)
            for change in batch:
                if change.new is not None:
                    self._store.tips[change.name] = change.new
                else:
                    self._store.tips.pop(change.name, None)
        self._store.remember()

    def _fetch(self, refs: Sequence[str], depth: int | None) -> dict[str, str]:
        state = self._transport.refs()
        found = _commits(state)
        names = _resolve(refs, found) or list(state.values)
        wanted = [name for name in names if depth is not None or as_id(state.values[name]) not in self._pool]
        tips = self._store.tips
        if wanted:
            with self._pool.written() as files:
                taken = self._transport.fetch(wanted, files, list(tips.values()), self._store.shallow, depth)
            found.update({name: peel(self._pool, tip) or tip for name, tip in taken.items()})
            tips.update(taken)
        tips.update({name: state.values[name] for name in names if name not in wanted})
        for gone in [name for name in tips if name not in state.values]:
            del tips[gone]
        self._store.remember()
        return found


def _commits(state: RefState) -> dict[str, str]:
    return {name: state.peeled.get(name, value) for name, value in state.values.items()}


def _resolve(asked: Sequence[str], found: Mapping[str, str]) -> list[str]:
    """The full names of what was asked for. Raises GitMissing."""
    names = []
    for ref in asked:
        for name in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}"):
            if name in found:
                names.append(name)
                break
        else:
            raise no_ref(ref.removeprefix("refs/heads/"))
    return names
