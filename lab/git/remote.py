"""A repository behind a URL, as the orchestrator and the agents see it: fetch, read, build commits, push.

Network and disk are left to worker threads. A repository that this very process hosts is read where it lies, so
a thousand agents asking every fifteen seconds cost a few file reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from dulwich.errors import NotGitRepository
from dulwich.object_store import DiskObjectStore, MemoryObjectStore
from dulwich.objects import ObjectID
from dulwich.repo import Repo

from lab.errors.base import LabError
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
from lab.git.failures import (
    GitConflict,
    GitDenied,
    GitFailure,
    GitMissing,
    GitUnreachable,
    denied,
    no_ref,
    no_repository,
    unreachable,
)
from lab.git.http_transport import GitTransport, refusal
from lab.git.object_pool import ObjectFiles, ObjectPool
from lab.git.packed_refs import PackedRefs, RefChange, RefState, RefsUnreadable
from lab.git.urls import without_credentials
from lab.kit.files import write_atomic
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


@runtime_checkable
class GuardedRoute(LocalRoute, Protocol):
    """A route whose host checks who writes and wants to know what was written, as it would over the network."""

    def may_write(self, url: str, credentials: Credentials | None) -> bool:
        """Whether a push with these credentials would be let in."""
        ...

    def moved(self, url: str, changes: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Refs of the repository moved from the first id to the second."""
        ...


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
        self._credentials = credentials
        self._route = route
        self._folder = folder
        self._pool = ObjectPool(_own_store(folder))
        self._shallow = _read_shallow(folder)
        self._tips = dict(PackedRefs(folder).read().values) if folder else {}
        self._transport = GitTransport(url, credentials)
        self._hosted: tuple[Path, PackedRefs] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def refs(self) -> dict[str, str]:
        """Full ref name to commit id (annotated tags followed), with "HEAD" when it points to a commit.

        Raises GitUnreachable, GitDenied or GitMissing.
        """
        hosted = self._local()
        return _commits(hosted.read() if hosted else await asyncio.to_thread(self._transport.refs))

    async def fetch(self, *refs: str, depth: int | None = None) -> dict[str, str]:
        """Bring the refs (full names, or short ones of branches and tags; all when none) and what they need here.

        `depth` leaves out what is further from the tips. Returns all refs of the remote as `refs` does. Raises
        GitMissing when one of them is not there, else as `refs`.
        """
        if self._local() is not None:
            found = await self.refs()
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
            if self._may_write_locally():
                await asyncio.to_thread(self._push_locally, changes, atomic)
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

    def _local(self) -> _HostedRefs | None:
        """The refs of the repository when it lies on this machine."""
        path = self._local_path()
        if path is None:
            return None
        if not (path / "HEAD").exists():
            raise no_repository(without_credentials(self.url))
        if self._hosted is None or self._hosted[0] != path:
            self._hosted = (path, PackedRefs(path, self._peel))
        self._pool.read_hosted(path)
        return _HostedRefs(path, self._hosted[1])

    def _local_path(self) -> Path | None:
        if self._route is not None:
            try:
                return self._route.path(self.url)
            except ConnectionError as error:
                raise unreachable(without_credentials(self.url), str(error) or "Connection refused") from error
        if self.url.startswith("file://"):
            return Path(unquote(urlsplit(self.url).path))
        return Path(self.url) if self.url.startswith("/") else None

    def _may_write_locally(self) -> bool:
        if self._local_path() is None:
            return False
        if isinstance(self._route, GuardedRoute) and not self._route.may_write(self.url, self._credentials):
            raise denied(without_credentials(self.url))
        return True

    def _push_locally(self, changes: list[RefChange], atomic: bool) -> None:
        hosted = self._local()
        if hosted is None:
            raise no_repository(without_credentials(self.url))
        new = [change.new for change in changes if change.new is not None]
        self._pool.send(new, hosted.path)
        refused = hosted.refs.apply(changes, atomic=atomic)
        if isinstance(self._route, GuardedRoute):
            made = {change.name: (change.old, change.new) for change in changes if change.name not in refused}
            self._route.moved(self.url, made)
        if refused:
            raise refusal(without_credentials(self.url), refused)

    def _push(self, changes: list[RefChange], atomic: bool) -> None:
        for batch in [changes] if atomic else [[change] for change in changes]:
            self._transport.push(batch, self._pool, self._shallow)
            for change in batch:
                if change.new is not None:
                    self._tips[change.name] = change.new
                else:
                    self._tips.pop(change.name, None)
        self._remember()

    def _fetch(self, refs: Sequence[str], depth: int | None) -> dict[str, str]:
        state = self._transport.refs()
        found = _commits(state)
        names = _resolve(refs, found) or list(state.values)
        wanted = [name for name in names if depth is not None or as_id(state.values[name]) not in self._pool]
        if wanted:
            with _writer(self._pool) as store:
                taken = self._transport.fetch(wanted, store, list(self._tips.values()), self._shallow, depth)
            found.update({name: peel(self._pool, tip) or tip for name, tip in taken.items()})
            self._tips.update(taken)
        self._tips.update({name: state.values[name] for name in names if name not in wanted})
        self._remember()
        return found

    def _remember(self) -> None:
        """Keep what is known of the remote across a restart, so that the next fetch asks for news only."""
        if self._folder is None:
            return
        mirror = PackedRefs(self._folder)
        now = mirror.read().values
        tips = {name: tip for name, tip in self._tips.items() if name.startswith("refs/")}
        changes = [RefChange(name, now.get(name), tips.get(name)) for name in {*now, *tips}]
        mirror.apply([change for change in changes if change.old != change.new], atomic=False)
        write_atomic(self._folder / "shallow", b"".join(sorted(cut + b"\n" for cut in self._shallow)))

    def _peel(self, id: str) -> str | None:
        return peel(self._pool, id)


class _HostedRefs:
    """A repository on this machine: where it lies, and its refs."""

    def __init__(self, path: Path, refs: PackedRefs) -> None:
        self.path = path
        self.refs = refs

    def read(self) -> RefState:
        """Its refs, with HEAD. Raises LabError when they are damaged."""
        try:
            state = self.refs.read()
        except RefsUnreadable as error:
            raise LabError("LAB032", f"The refs of {self.path} cannot be read", str(error)) from error
        head = state.commit(self.refs.head() or "")
        return RefState({"HEAD": head, **state.values}, state.peeled) if head else state


@contextmanager
def _writer(pool: ObjectPool) -> Iterator[DiskObjectStore | MemoryObjectStore]:
    store = pool.writer()
    try:
        yield store
    finally:
        if store is not pool.own:
            store.close()


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


def _own_store(folder: Path | None) -> DiskObjectStore | MemoryObjectStore:
    if folder is None:
        return MemoryObjectStore()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        Repo(str(folder)).close()
    except NotGitRepository:
        Repo.init_bare(str(folder)).close()
    PackedRefs(folder).recover()
    return ObjectFiles(str(folder / "objects"))


def _read_shallow(folder: Path | None) -> set[ObjectID]:
    file = folder / "shallow" if folder else None
    return {ObjectID(line) for line in file.read_bytes().split()} if file is not None and file.exists() else set()
