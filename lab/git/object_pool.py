"""Where a repository's objects lie: its own store, and the hosted repository when that is on this very machine.

What is written goes to the own store and reaches the host by a push, as with any client. What is read comes from
either, so a repository of this machine is never copied.
"""

from __future__ import annotations

import os
import tempfile
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dulwich.errors import ApplyDeltaError, ChecksumMismatch, FileFormatException, ObjectFormatException
from dulwich.object_store import DiskObjectStore, MemoryObjectStore
from dulwich.objects import ObjectID, ShaFile

from lab.errors.base import LabError
from lab.git.closure import closure
from lab.git.commits import as_id
from lab.kit.files import quoted

PACK_FROM = 100
"""From so many objects on, a pack is written in place of single files. Source: git, receive.unpackLimit."""


DAMAGE = (
    zlib.error,
    ChecksumMismatch,
    FileFormatException,
    ObjectFormatException,
    ApplyDeltaError,
    AssertionError,
)
"""What reading a broken object or pack raises."""


class ObjectFiles(DiskObjectStore):
    """A store on disk that lets go of its packs when nobody holds it any more."""

    def __del__(self) -> None:
        self.close()


class ObjectPool:
    """Objects by id; raises KeyError for one that is not there. May be read from several threads."""

    def __init__(self, own: DiskObjectStore | MemoryObjectStore) -> None:
        self.own = own
        self._hosted: ObjectFiles | None = None
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
                if self._hosted is not None:
                    self._hosted.close()
                self._hosted = ObjectFiles(str(folder / "objects"))
                self._hosted_at = folder

    def close(self) -> None:
        """Let go of open files; what is asked for later is opened again."""
        with self._lock:
            self.own.close()
            if self._hosted is not None:
                self._hosted.close()
                self._hosted = self._hosted_at = None

    @contextmanager
    def written(self) -> Iterator[ObjectFiles | MemoryObjectStore]:
        """The own store for a thread that writes packs; readers find on disk what it adds."""
        if isinstance(self.own, MemoryObjectStore):
            yield self.own
            return
        files = ObjectFiles(self.own.path)
        try:
            yield files
        finally:
            files.close()

    def send(self, ids: Iterable[str], folder: Path) -> None:
        """Write what the commits or tags `ids` need into the bare repository at `folder`.

        Nothing is written before what it refers to, so a process killed halfway leaves no object with a hole.
        """
        target = DiskObjectStore(str(folder / "objects"))
        try:
            tips = [as_id(one) for one in ids]
            missing = closure(tips, self.__getitem__, target.__contains__)
            if len(missing) >= PACK_FROM:
                target.add_objects([(self[one], None) for one in missing])
            else:
                for one in missing:
                    write_loose(folder / "objects", self[one])
        finally:
            target.close()
        if isinstance(self.own, MemoryObjectStore):
            self._forget(missing)

    def _forget(self, sent: Iterable[ObjectID]) -> None:
        with self._lock:
            for one in sent:
                if self._hosted is not None and isinstance(self.own, MemoryObjectStore) and one in self.own:
                    del self.own[one]


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
