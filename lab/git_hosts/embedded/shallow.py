"""Where history ends for a client that asked for less than all of it.

Source: git, shallow and upload-pack: a commit is shallow when it is sent and its parents are not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dulwich.objects import ObjectID

from lab.git.commits import Objects
from lab.git.reachability import commits_of, reachable
from lab.git_hosts.embedded.fetch_request import NO_LIMIT, FetchRequest


@dataclass(frozen=True, slots=True)
class Boundary:
    """`ends` are the commits whose parents the client shall not have; of these and the former ones, what is new."""

    ends: frozenset[ObjectID]
    shallow: tuple[ObjectID, ...] = ()
    unshallow: tuple[ObjectID, ...] = ()


def boundary(objects: Objects, request: FetchRequest, named: Callable[[str], str | None]) -> Boundary:
    """The end of history after the request; `named` gives the commit behind a ref's name."""
    if not request.deepens:
        return Boundary(frozenset(request.shallow))
    if request.depth:
        inside, ends = _by_depth(objects, request)
    else:
        inside, ends = _by_choice(objects, request, named)
    gone = tuple(sorted(request.shallow & (inside - ends)))
    return Boundary(frozenset(ends | (request.shallow - set(gone))), tuple(sorted(ends - request.shallow)), gone)


def _by_depth(objects: Objects, request: FetchRequest) -> tuple[set[ObjectID], set[ObjectID]]:
    starts, limit = commits_of(objects, request.wants), request.depth
    if request.relative and request.shallow:
        starts, limit = commits_of(objects, sorted(request.shallow)), request.depth + 1
    inside: set[ObjectID] = set()
    ends: set[ObjectID] = set()
    level = {commit.id: commit for commit in starts}
    distance = 1
    while level:
        inside.update(level)
        if distance == limit and limit < NO_LIMIT:
            ends.update(commit.id for commit in level.values() if commit.parents)
            break
        parents = {parent for commit in level.values() for parent in commit.parents} - inside
        level = {commit.id: commit for commit in commits_of(objects, sorted(parents))}
        distance += 1
    return inside, ends


def _by_choice(
    objects: Objects, request: FetchRequest, named: Callable[[str], str | None]
) -> tuple[set[ObjectID], set[ObjectID]]:
    refs = [ObjectID(found.encode()) for name in request.without if (found := named(name)) is not None]
    left_out = set(reachable(objects, commits_of(objects, refs), ()))
    inside: set[ObjectID] = set()
    ends: set[ObjectID] = set()
    pending = commits_of(objects, request.wants)
    while pending:
        commit = pending.pop()
        if commit.id in inside:
            continue
        inside.add(commit.id)
        parents = commits_of(objects, commit.parents)
        kept = [before for before in parents if before.id not in left_out and before.commit_time >= request.since]
        if len(kept) < len(parents):
            ends.add(commit.id)
        else:
            pending.extend(kept)
    return inside, ends
