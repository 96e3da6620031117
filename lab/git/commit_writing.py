"""Building trees and commits that depend on nothing but what goes in, so that doing it again gives the same id."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tree

from lab.git.commits import Objects, as_id

Sink = Callable[[ShaFile], None]

_FILE = stat.S_IFREG | 0o644
_DIRECTORY = stat.S_IFDIR


class TreeBuilder:
    """Trees made from older ones by replacing whole directories; new objects go to `sink`, children first."""

    def __init__(self, objects: Objects, sink: Sink) -> None:
        self._objects = objects
        self._sink = sink

    def replace(self, root: ObjectID | None, directory: str, files: Mapping[str, bytes] | None) -> ObjectID | None:
        """The tree `root` with `directory` holding exactly `files`; None for `files` removes the directory.

        `root` None is the empty tree. None comes back when nothing is left. A file keeps the mode that it had before.
        """
        return self._at(root, [part for part in directory.split("/") if part not in ("", ".")], files)

    def empty(self) -> ObjectID:
        """The tree with nothing in it."""
        tree = Tree()
        self._sink(tree)
        return tree.id

    def _at(self, id: ObjectID | None, parts: list[str], files: Mapping[str, bytes] | None) -> ObjectID | None:
        if not parts:
            return None if files is None else self._from_files(id, files)
        name = parts[0].encode()
        tree = self._load(id)
        old = tree[name] if name in tree else None  # noqa: SIM401 (a dulwich tree has no get)
        below = old[1] if old is not None and stat.S_ISDIR(old[0]) else None
        child = self._at(below, parts[1:], files)
        if child is not None:
            tree.add(name, _DIRECTORY, child)
        elif old is not None and (below is not None or len(parts) == 1):
            del tree[name]
        return self._store(tree)

    def _from_files(self, id: ObjectID | None, files: Mapping[str, bytes]) -> ObjectID | None:
        here: dict[str, bytes] = {}
        below: dict[str, dict[str, bytes]] = {}
        for path, content in files.items():
            head, slash, rest = path.partition("/")
            if head in ("", ".", "..", ".git") or (slash and not rest):
                raise ValueError(f"not a path inside a repository: {path!r}")
            if slash:
                below.setdefault(head, {})[rest] = content
            else:
                here[head] = content
        if clash := here.keys() & below.keys():
            raise ValueError(f"both a file and a directory: {min(clash)!r}")
        old = self._load(id)
        tree = Tree()
        for name, content in here.items():
            tree.add(name.encode(), _mode_of(old, name.encode()), self._blob(content))
        for name, inner in below.items():
            before = old[name.encode()] if name.encode() in old else None  # noqa: SIM401
            child = self._from_files(before[1] if before is not None and stat.S_ISDIR(before[0]) else None, inner)
            if child is not None:
                tree.add(name.encode(), _DIRECTORY, child)
        return self._store(tree)

    def _load(self, id: ObjectID | None) -> Tree:
        """A copy of the tree that may be changed."""
        copy = Tree()
        if id is not None:
            found = self._objects[id]
            if isinstance(found, Tree):
                for entry in found.iteritems():
                    copy.add(entry.path, entry.mode, entry.sha)
        return copy

    def _blob(self, content: bytes) -> ObjectID:
        blob = Blob.from_string(content)
        self._keep(blob)
        return blob.id

    def _store(self, tree: Tree) -> ObjectID | None:
        if not len(tree):
            return None
        self._keep(tree)
        return tree.id

    def _keep(self, made: ShaFile) -> None:
        if made.id not in self._objects:
            self._sink(made)


def build_commit(
    tree: ObjectID,
    *,
    parents: Sequence[str],
    author: str,
    committer: str,
    authored: datetime,
    committed: datetime,
    message: str,
) -> Commit:
    """The commit object. Persons read `Name <mail>`; dates must be aware, fractions of a second are dropped."""
    commit = Commit()
    commit.tree = tree
    commit.parents = [as_id(parent) for parent in parents]
    commit.author = _person(author)
    commit.committer = _person(committer)
    commit.author_time, commit.author_timezone = _stamp(authored)
    commit.commit_time, commit.commit_timezone = _stamp(committed)
    commit.encoding = None
    commit.message = message.encode()
    return commit


def _mode_of(old: Tree, name: bytes) -> int:
    if name in old:
        mode = old[name][0]
        if stat.S_ISREG(mode):
            return mode
    return _FILE


def _person(text: str) -> bytes:
    name, bracket, rest = text.partition("<")
    mail = rest.partition(">")[0]
    if not bracket or not rest.endswith(">") or any(sign in text for sign in "\n\0"):
        raise ValueError(f"a person is written `Name <mail>`: {text!r}")
    return f"{name.strip()} <{mail.strip()}>".encode()


def _stamp(moment: datetime) -> tuple[int, int]:
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("the date of a commit must be aware")
    return int(moment.timestamp()), int(offset.total_seconds())
