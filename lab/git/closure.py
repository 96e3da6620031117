"""What an object needs, in an order that never leaves a hole: nothing comes before what it refers to."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable

from dulwich.objects import Commit, ObjectID, ShaFile, Tag, Tree

_SUBMODULE = 0o160000


def closure(
    ids: Iterable[ObjectID], read: Callable[[ObjectID], ShaFile], present: Callable[[ObjectID], bool]
) -> list[ObjectID]:
    """The objects `ids` and everything they refer to, without what is `present` and what that refers to.

    Raises KeyError, as `read` does, for an object that is nowhere. The content of files is not read.
    """
    result: list[ObjectID] = []
    seen: set[ObjectID] = set()
    pending: list[tuple[ObjectID, bool]] = [(one, False) for one in ids]
    while pending:
        one, children_done = pending.pop()
        if children_done:
            result.append(one)
        elif one not in seen and not present(one):
            seen.add(one)
            containers, files = references(read(one))
            for file in files:
                if file not in seen and not present(file):
                    seen.add(file)
                    result.append(file)
            pending.append((one, True))
            pending.extend((child, False) for child in containers)
    return result


def references(found: ShaFile) -> tuple[list[ObjectID], list[ObjectID]]:
    """What the object names: first what may name more, then files. Submodules lie in another repository."""
    if isinstance(found, Commit):
        return [*found.parents, found.tree], []
    if isinstance(found, Tag):
        return [found.object[1]], []
    if not isinstance(found, Tree):
        return [], []
    entries = [entry for entry in found.iteritems(name_order=False) if entry.mode != _SUBMODULE]
    trees = [entry.sha for entry in entries if stat.S_ISDIR(entry.mode)]
    return trees, [entry.sha for entry in entries if not stat.S_ISDIR(entry.mode)]
