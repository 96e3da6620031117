"""Reading commits, trees and files out of a store of Git objects."""

from __future__ import annotations

import heapq
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple, Protocol

from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tag, Tree

from lab.git.failures import GitMissing


class Objects(Protocol):
    """Where objects come from: raises KeyError for an id that is not there."""

    def __getitem__(self, id: ObjectID) -> ShaFile: ...

    def __contains__(self, id: ObjectID) -> bool: ...


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """One commit. Persons read `Name <mail>`; `at` is the committer's date, `authored` the author's."""

    id: str
    parents: tuple[str, ...]
    tree: str
    author: str
    committer: str
    at: datetime
    authored: datetime
    message: str


class TreeItem(NamedTuple):
    """One entry below a directory: its path relative to it, its mode (as in Git, 0o40000 for a directory) and id."""

    path: str
    mode: int
    id: str

    @property
    def is_directory(self) -> bool:
        """Whether the entry is a directory."""
        return stat.S_ISDIR(self.mode)


def as_id(text: str) -> ObjectID:
    """The id as dulwich takes it."""
    return ObjectID(text.encode("ascii"))


def peel(objects: Objects, id: str) -> str | None:
    """The id of what an annotated tag names, followed to its end; None when `id` is no tag or not there."""
    target: str | None = None
    while True:
        try:
            found = objects[as_id(target or id)]
        except KeyError:
            return target
        if not isinstance(found, Tag):
            return target
        target = found.object[1].decode("ascii")


def read_commit(objects: Objects, id: str) -> Commit:
    """The commit, an annotated tag followed. Raises GitMissing."""
    try:
        found = objects[as_id(peel(objects, id) or id)]
    except (KeyError, UnicodeEncodeError) as error:
        raise GitMissing(f"fatal: bad object {id}") from error
    if not isinstance(found, Commit):
        raise GitMissing(f"fatal: {id} is not a commit")
    return found


def commit_info(commit: Commit) -> CommitInfo:
    """The commit's facts; text that is no UTF-8 is read as well as it can be."""
    return CommitInfo(
        id=commit.id.decode("ascii"),
        parents=tuple(parent.decode("ascii") for parent in commit.parents),
        tree=commit.tree.decode("ascii"),
        author=commit.author.decode("utf-8", "replace"),
        committer=commit.committer.decode("utf-8", "replace"),
        at=_moment(commit.commit_time, commit.commit_timezone),
        authored=_moment(commit.author_time, commit.author_timezone),
        message=commit.message.decode("utf-8", "replace"),
    )


def find_tree(objects: Objects, root: str, directory: str) -> Tree | None:
    """The tree of `directory` (`""` for the root) below the tree `root`, or None. Raises GitMissing for a bad root."""
    tree = _tree(objects, root)
    for part in _parts(directory):
        try:
            mode, child = tree[part.encode()]
        except KeyError:
            return None
        if not stat.S_ISDIR(mode):
            return None
        tree = _tree(objects, child.decode("ascii"))
    return tree


def walk_tree(objects: Objects, tree: Tree, prefix: str = "") -> Iterator[TreeItem]:
    """Every entry below the tree, directories before what is in them, in Git's order."""
    for entry in tree.iteritems(name_order=False):
        path = prefix + entry.path.decode("utf-8", "surrogateescape")
        item = TreeItem(path, entry.mode, entry.sha.decode("ascii"))
        yield item
        if item.is_directory:
            yield from walk_tree(objects, _tree(objects, item.id), path + "/")


def read_blob(objects: Objects, id: str) -> bytes:
    """The content of a file. Raises GitMissing."""
    try:
        found = objects[as_id(id)]
    except KeyError as error:
        raise GitMissing(f"fatal: bad object {id}") from error
    if not isinstance(found, Blob):
        raise GitMissing(f"fatal: {id} is not a file")
    return found.data


def walk_history(objects: Objects, tip: str, stop: Collection[str], limit: int) -> list[Commit]:
    """At most `limit` commits from `tip` back, newest first and no parent before its child.

    What can be reached from `stop` is left out; commits beyond the end of a shallow history are not there.

    Source: git rev-list, which also looks some commits further, because clocks of different writers disagree.
    """
    walk = _Walk(objects, read_commit(objects, tip))
    for known in stop:
        if as_id(known) in objects:
            walk.hide(read_commit(objects, known))
    return _children_first(walk.run(limit))[:limit]


def reaches(objects: Objects, descendant: str, ancestor: str) -> bool:
    """Whether `ancestor` is `descendant` or one of those before it, as far as the history is there."""
    sought = as_id(peel(objects, ancestor) or ancestor)
    start = read_commit(objects, descendant)
    seen = {start.id}
    pending = [(-start.commit_time, start.id, start)]
    while pending:
        commit = heapq.heappop(pending)[2]
        if commit.id == sought:
            return True
        for parent in _parents(objects, commit):
            if parent.id not in seen:
                seen.add(parent.id)
                heapq.heappush(pending, (-parent.commit_time, parent.id, parent))
    return False


class _Walk:
    """A walk by date from one tip, with what `hide` reaches left out."""

    SLOP = 32

    def __init__(self, objects: Objects, tip: Commit) -> None:
        self._objects = objects
        self._hidden: set[ObjectID] = set()
        self._taken: dict[ObjectID, Commit] = {}
        self._queue: list[tuple[int, int, Commit]] = []
        self._stops = 0
        self._count = 0
        self._push(tip)

    def hide(self, commit: Commit) -> None:
        """Leave out the commit and what is before it."""
        self._hidden.add(commit.id)
        self._stops += 1
        # Stops go first whatever their dates say: each is one step, and most walks end right behind them.
        heapq.heappush(self._queue, (-(1 << 62), self._count, commit))
        self._count += 1

    def run(self, limit: int) -> list[Commit]:
        """The commits taken, in no promised order; more than `limit` when several have one date."""
        idle = 0
        while self._queue and idle <= self.SLOP:
            commit = heapq.heappop(self._queue)[2]
            if commit.id in self._hidden:
                idle = 0 if self._open() else idle + 1
                self._hide_parents(commit)
            elif commit.id not in self._taken:
                idle = 0
                if len(self._taken) >= limit and self._complete(commit):
                    break
                self._taken[commit.id] = commit
                for parent in _parents(self._objects, commit):
                    self._push(parent)
        return [commit for commit in self._taken.values() if commit.id not in self._hidden]

    def _push(self, commit: Commit) -> None:
        heapq.heappush(self._queue, (-commit.commit_time, self._count, commit))
        self._count += 1

    def _open(self) -> bool:
        return any(commit.id not in self._hidden for _, _, commit in self._queue)

    def _complete(self, commit: Commit) -> bool:
        """Whether nothing that belongs among the commits taken can still come."""
        return not self._hidden and commit.commit_time < min(taken.commit_time for taken in self._taken.values())

    def _hide_parents(self, commit: Commit) -> None:
        for parent in _parents(self._objects, commit):
            if parent.id not in self._hidden:
                self._hidden.add(parent.id)
                self._push(parent)


def _children_first(commits: list[Commit]) -> list[Commit]:
    """The commits by date, newest first, each after all of its children."""
    known = {commit.id: commit for commit in commits}
    children = Counter(parent for commit in commits for parent in set(commit.parents))
    ready = [(-commit.commit_time, commit.id, commit) for commit in commits if not children[commit.id]]
    heapq.heapify(ready)
    result: list[Commit] = []
    while ready:
        commit = heapq.heappop(ready)[2]
        result.append(commit)
        for parent in set(commit.parents):
            children[parent] -= 1
            if not children[parent] and parent in known:
                heapq.heappush(ready, (-known[parent].commit_time, parent, known[parent]))
    return result


def _parents(objects: Objects, commit: Commit) -> Iterator[Commit]:
    for parent_id in dict.fromkeys(commit.parents):
        try:
            parent = objects[parent_id]
        except KeyError:
            continue
        if isinstance(parent, Commit):
            yield parent


def _tree(objects: Objects, id: str) -> Tree:
    try:
        found = objects[as_id(id)]
    except KeyError as error:
        raise GitMissing(f"fatal: bad object {id}") from error
    if not isinstance(found, Tree):
        raise GitMissing(f"fatal: {id} is not a tree")
    return found


def _parts(directory: str) -> list[str]:
    return [part for part in directory.split("/") if part not in ("", ".")]


def _moment(seconds: int, offset: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, timezone(timedelta(seconds=offset)))
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
