"""Which objects a client lacks, and writing them as a pack.

Source: git, gitformat-pack (version 2) and pack-objects --revs --thin --include-tag.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from struct import pack as packed

from dulwich.objects import Commit, ObjectID, ShaFile, Tag, Tree

from lab.git.commits import Objects
from lab.git_hosts.embedded.shallow import Boundary, commits_of, reachable

_SUBMODULE = 0o160000
_CHUNK = 1 << 16


def missing_objects(
    objects: Objects,
    wants: Iterable[ObjectID],
    haves: Iterable[ObjectID],
    had_shallow: Iterable[ObjectID],
    end: Boundary,
    tags: Mapping[str, str],
) -> list[ObjectID]:
    """What the client needs for `wants`, in the order commits, tags, trees and files.

    It has the history of `haves` back to `had_shallow`, and gets it back to `end`. `tags` are annotated tags (id to
    commit) that go along when their commit is sent.
    """
    wanted = list(wants)
    present = reachable(objects, commits_of(objects, haves), had_shallow)
    # Commits made deeper are behind present ones: the walk must not stop at those.
    starts = commits_of(objects, [*wanted, *(before for one in end.unshallow for before in _parents(objects, one))])
    commits = reachable(objects, starts, end.ends, known=present)
    seen: set[ObjectID] = set()
    for edge in _edges(commits, present):
        seen.update(_below(objects, edge.tree, seen))
    result: list[ObjectID] = list(commits)
    result.extend(_tags(objects, wanted, commits, tags))
    for commit in commits.values():
        for one in _below(objects, commit.tree, seen):
            seen.add(one)
            result.append(one)
    for one in wanted:
        if isinstance(objects[one], Tree):
            result.extend(below for below in _below(objects, one, seen))
        elif not isinstance(objects[one], (Commit, Tag)):
            result.append(one)
    return list(dict.fromkeys(result))


def write_pack(objects: Objects, ids: list[ObjectID], write: Callable[[bytes], None]) -> None:
    """Write the objects as a pack, each whole: what saves bytes on a long line costs time on a short one."""
    digest = hashlib.sha1(usedforsecurity=False)
    buffer = bytearray(b"PACK" + packed(">LL", 2, len(ids)))
    for one in ids:
        found = objects[one]
        content = found.as_raw_string()
        buffer += _header(found.type_num, len(content))
        buffer += zlib.compress(content, 1)
        if len(buffer) >= _CHUNK:
            digest.update(buffer)
            write(bytes(buffer))
            buffer.clear()
    digest.update(buffer)
    write(bytes(buffer) + digest.digest())


def _header(kind: int, size: int) -> bytes:
    byte = kind << 4 | size & 0x0F
    size >>= 4
    result = bytearray()
    while size:
        result.append(byte | 0x80)
        byte = size & 0x7F
        size >>= 7
    result.append(byte)
    return bytes(result)


def _edges(commits: Mapping[ObjectID, Commit], present: Mapping[ObjectID, Commit]) -> list[Commit]:
    """The present commits next to those sent: what they hold need not be sent again."""
    near = {parent for commit in commits.values() for parent in commit.parents if parent in present}
    return [present[one] for one in near]


def _tags(
    objects: Objects, wanted: list[ObjectID], commits: Mapping[ObjectID, Commit], tags: Mapping[str, str]
) -> list[ObjectID]:
    pending = [*wanted, *(ObjectID(tag.encode()) for tag, commit in tags.items() if commit.encode() in commits)]
    result = []
    while pending:
        found: ShaFile = objects[pending.pop()]
        if isinstance(found, Tag):
            result.append(found.id)
            pending.append(found.object[1])
    return result


def _below(objects: Objects, root: ObjectID, seen: set[ObjectID]) -> list[ObjectID]:
    """The tree and everything below it that was not seen."""
    if root in seen:
        return []
    result = [root]
    found: set[ObjectID] = {root}
    pending = [root]
    while pending:
        tree = objects[pending.pop()]
        if not isinstance(tree, Tree):
            continue
        for entry in tree.iteritems(name_order=False):
            if entry.mode == _SUBMODULE or entry.sha in seen or entry.sha in found:
                continue
            found.add(entry.sha)
            result.append(entry.sha)
            if entry.mode & 0o170000 == 0o040000:
                pending.append(entry.sha)
    return result


def _parents(objects: Objects, id: ObjectID) -> list[ObjectID]:
    found = objects[id]
    return list(found.parents) if isinstance(found, Commit) else []
