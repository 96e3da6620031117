"""A pushed pack before it counts: kept aside, checked to be whole, then moved in.

Source: git, receive-pack (quarantine environment, receive.unpackLimit) and index-pack --fix-thin.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from dulwich.errors import ApplyDeltaError, ChecksumMismatch, ObjectFormatException
from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID

from lab.git.closure import closure
from lab.git.object_pool import PACK_FROM, write_loose

_BROKEN = (
    ApplyDeltaError,
    AssertionError,
    ChecksumMismatch,
    EOFError,
    KeyError,
    ObjectFormatException,
    ValueError,
    struct.error,
    zlib.error,
)

PREFIX = "incoming-"


class BrokenPack(Exception):
    """What was pushed is no whole pack, or lacks objects that it needs."""


class Quarantine:
    """Objects on their way into the repository whose folder `objects` is given; gone again at the end of the block."""

    def __init__(self, objects: Path) -> None:
        self._objects = objects
        self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=objects))
        self._main = DiskObjectStore(str(objects))
        self._incoming = DiskObjectStore.init(str(self._folder))

    def __enter__(self) -> Quarantine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._incoming.close()
        self._main.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def receive(self, body: BinaryIO) -> None:
        """Read a pack, thin or not. Raises BrokenPack."""
        self._incoming.add_alternate_path(str(self._objects.resolve()))
        try:
            self._incoming.add_thin_pack(body.read, body.read)
        except _BROKEN as error:
            raise BrokenPack(f"index-pack abnormal exit: {type(error).__name__} {error}".replace("\n", " ")) from error

    def is_commit(self, id: ObjectID) -> bool:
        """Whether the id is a commit that is here or in the repository."""
        try:
            return self._incoming[id].type_name == b"commit"
        except KeyError:
            return False

    def admit(self, tips: Iterable[ObjectID]) -> int:
        """Move what the tips need into the repository and return how many objects that were.

        Raises BrokenPack when something is missing; nothing was moved then.
        """
        try:
            needed = closure(tips, self._incoming.__getitem__, self._main.__contains__)
            absent = [one for one in needed if one not in self._incoming]
        except _BROKEN as error:
            raise BrokenPack("missing necessary objects") from error
        if absent:
            raise BrokenPack("missing necessary objects")
        if len(needed) < PACK_FROM:
            for one in needed:
                write_loose(self._objects, self._incoming[one])
        else:
            self._move_packs()
        return len(needed)

    def _move_packs(self) -> None:
        self._incoming.close()
        # A pack counts from the moment its index is there, so that comes last.
        for suffix in (".pack", ".idx"):
            for file in (self._folder / "pack").glob(f"pack-*{suffix}"):
                file.replace(self._objects / "pack" / file.name)
