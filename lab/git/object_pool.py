"""Where a repository's objects lie: its own store, and the hosted repository when that is on this very machine.

What is written goes to the own store and reaches the host by a push, as with any client. What is read comes from
either, so a repository of this machine is never copied.
"""

from __future__ import annotations

import os
import tempfile
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path

from dulwich.errors import ApplyDeltaError, ChecksumMismatch, ObjectFormatException
from dulwich.object_store import DiskObjectStore, MemoryObjectStore
from dulwich.objects import Commit, ObjectID, ShaFile, Tag, Tree

from lab.errors.base import LabError
from lab.kit.files import quoted

PACK_FROM = 100
"""From so many objects on, a pack is written in place of single files. Source: git, receive.unpackLimit."""


DAMAGE = (zlib.error, ChecksumMismatch, ObjectFormatException, ApplyDeltaError, AssertionError)
"""What reading a broken object or pack raises."""


class ObjectPool:
    """Objects by id; raises KeyError for one that is not there. May be read from several threads."""

    def __init__(self, own: DiskObjectStore | MemoryObjectStore) -> None:
        self.own = own
        self._hosted: DiskObjectStore | None = None
        self._hosted_at: Path | None = None
        self._lock = threading.RLock()

    def __getitem__(self, id: ObjectID) -> ShaFile:
        with self._lock:
            for store in (self.own, self._hosted):
                if store is not None:
                    try:
                        return store[id]
                    except KeyError:
                        continue
                    except DAMAGE as error:
                        raise damaged(str(getattr(store, "path", "in memory")), id, error) from error
        raise KeyError(id)

    def __contains__(self, id: ObjectID) -> bool:
        with self._lock:
            return id in self.own or (self._hosted is not None and id in self._hosted)

    def add(self, made: ShaFile) -> None:
        """Keep the object in the own store."""
        if isinstance(self.own, MemoryObjectStore):
            with self._lock:
                self.own.add_object(made)
        else:
            write_loose(Path(self.own.path), made)

    def read_hosted(self, folder: Path) -> None:
        """From now on read the objects of the bare repository at `folder` too."""
        with self._lock:
            if folder != self._hosted_at:
                self.close()
                self._hosted = DiskObjectStore(str(folder / "objects"))
                self._hosted_at = folder

    def close(self) -> None:
        """Let go of open files; what is asked for later is opened again."""
        with self._lock:
            if self._hosted is not None:
                self._hosted.close()
                self._hosted = self._hosted_at = None

    def writer(self) -> DiskObjectStore | MemoryObjectStore:
        """The own store for a thread that writes packs; readers find on disk what it adds."""
        return self.own if isinstance(self.own, MemoryObjectStore) else DiskObjectStore(self.own.path)

    def send(self, ids: Iterable[str], folder: Path) -> None:
        """Write what the commits or tags `ids` need into the bare repository at `folder`.

        Nothing is written before what it refers to, so a process killed halfway leaves no object with a hole.
        """
        target = DiskObjectStore(str(folder / "objects"))
        try:
            missing = self._missing(ids, target)
            if len(missing) >= PACK_FROM:
                target.add_objects([(found, None) for found in missing])
            else:
                for found in missing:
                    write_loose(folder / "objects", found)
        finally:
            target.close()
        if isinstance(self.own, MemoryObjectStore):
            self._forget(missing)

    def _missing(self, ids: Iterable[str], target: DiskObjectStore) -> list[ShaFile]:
        """What `target` lacks, everything after what it refers to."""
        result: list[ShaFile] = []
        seen: set[ObjectID] = set()
        pending: list[tuple[ObjectID, ShaFile | None]] = [(ObjectID(one.encode()), None) for one in ids]
        while pending:
            object_id, ready = pending.pop()
            if ready is not None:
                result.append(ready)
            elif object_id not in seen and object_id not in target:
                seen.add(object_id)
                found = self[object_id]
                pending.append((object_id, found))
                pending.extend((child, None) for child in _references(found))
        return result

    def _forget(self, sent: Iterable[ShaFile]) -> None:
        with self._lock:
            for found in sent:
                if self._hosted is not None and isinstance(self.own, MemoryObjectStore) and found.id in self.own:
                    del self.own[found.id]


def write_loose(objects: Path, made: ShaFile) -> None:
    """Write one object as a file of its own below the folder `objects`, whole or not at all.

    Several writers of one object do not disturb each other.
    """
    name = made.id.decode("ascii")
    path = objects / name[:2] / name[2:]
    if path.exists():
        return
    path.parent.mkdir(exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="tmp_obj_")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(made.as_legacy_object(compression_level=1))
        Path(temporary).chmod(0o444)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def damaged(objects: str, id: ObjectID, cause: Exception) -> LabError:
    """The error for an object that is there and cannot be read."""
    return LabError(
        "LAB032",
        f"Object {id.decode('ascii')} in {objects} cannot be read",
        f"{type(cause).__name__}: {cause}",
        [f"git --git-dir {quoted(Path(objects).parent)} fsck"],
    )


def _references(found: ShaFile) -> list[ObjectID]:
    if isinstance(found, Commit):
        return [*found.parents, found.tree]
    if isinstance(found, Tree):
        return [entry.sha for entry in found.iteritems() if entry.mode != 0o160000]
    if isinstance(found, Tag):
        return [found.object[1]]
    return []
