"""Which commits can be reached from which, and which objects one side lacks that has some of them.

Source: git, pack-objects --revs --thin --include-tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dulwich.objects import Commit, ObjectID, ShaFile, Tag, Tree

from lab.git.commits import Objects, peel

_SUBMODULE = 0o160000


def commits_of(objects: Objects, ids: Iterable[ObjectID]) -> list[Commit]:
    """The commits among the objects, annotated tags followed; what is missing or something else is left out."""
    found = []
    for one in ids:
        target = peel(objects, one.decode("ascii"))
        try:
            commit = objects[ObjectID(target.encode()) if target else one]
        except KeyError:
            continue
        if isinstance(commit, Commit):
            found.append(commit)
    return found


def reachable(
    objects: Objects, starts: Sequence[Commit], ends: Iterable[ObjectID], known: Iterable[ObjectID] = ()
) -> dict[ObjectID, Commit]:
    """Every commit before and with `starts`, no further back than `ends`, none of `known` nor what is behind it.

    Raises KeyError for a commit that is missing.
    """
    cut = frozenset(ends)
    stop = frozenset(known)
    found = {commit.id: commit for commit in starts if commit.id not in stop}
    pending = list(found.values())
    while pending:
        commit = pending.pop()
        for parent in [] if commit.id in cut else commit.parents:
            if parent not in found and parent not in stop:
                before = objects[parent]
                if isinstance(before, Commit):
                    found[parent] = before
                    pending.append(before)
    return found


def missing_objects(
    objects: Objects,
    wants: Iterable[ObjectID],
    haves: Iterable[ObjectID],
    had_ends: Iterable[ObjectID] = (),
    *,
    ends: Iterable[ObjectID] = (),
    deepened: Iterable[ObjectID] = (),
    tags: Mapping[str, str] | None = None,
) -> list[ObjectID]:
    """What somebody needs for `wants` who has `haves`: commits, then tags, then trees and files.

    The history of `haves` reaches back to the commits `had_ends`, and shall reach back to `ends`; `deepened` are those
    among the former that shall get their parents. `tags` are annotated tags (id to commit) that go along when their
    commit does. Haves may be unknown here; what is wanted may not. Raises KeyError for an object that is missing.
    """
    wanted, had = list(wants), list(haves)
    present = _present(objects, commits_of(objects, had), frozenset(had_ends))
    # Commits made deeper are behind present ones: the walk must not stop at those.
    starts = commits_of(objects, [*wanted, *(before for one in deepened for before in _parents(objects, one))])
    commits = reachable(objects, starts, ends, known=present.keys() | set(had))
    seen: set[ObjectID] = set()
    for edge in _edges(commits, present):
        seen.update(_below(objects, edge.tree, seen))
    result: list[ObjectID] = list(commits)
    result.extend(_tags(objects, wanted, commits, tags or {}))
    for commit in commits.values():
        below = _below(objects, commit.tree, seen)
        seen.update(below)
        result.extend(below)
    for one in wanted:
        if isinstance(objects[one], Tree):
            result.extend(_below(objects, one, seen))
        elif not isinstance(objects[one], (Commit, Tag)):
            result.append(one)
    return list(dict.fromkeys(result))


def _present(objects: Objects, starts: Sequence[Commit], ends: frozenset[ObjectID]) -> dict[ObjectID, Commit]:
    """What the other side has, as far as it is known here."""
    found = {commit.id: commit for commit in starts}
    pending = list(found.values())
    while pending:
        commit = pending.pop()
        parents = [] if commit.id in ends else [one for one in commit.parents if one not in found]
        for before in commits_of(objects, parents):
            found[before.id] = before
            pending.append(before)
    return found


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
