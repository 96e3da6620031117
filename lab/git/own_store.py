"""What a client keeps of a remote repository: objects, the tips it saw, and where history was cut."""

from __future__ import annotations

from pathlib import Path

from dulwich.errors import NotGitRepository
from dulwich.object_store import MemoryObjectStore
from dulwich.objects import ObjectID
from dulwich.repo import Repo

from lab.git.object_pool import ObjectFiles, ObjectPool
from lab.git.packed_refs import PackedRefs, RefChange
from lab.kit.files import write_atomic


class OwnStore:
    """A bare repository in `folder`, which it owns alone, or memory when None.

    `tips` are the ids of the remote's refs as last seen, `shallow` the commits whose parents were left out.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.shallow: set[ObjectID] = set()
        self.tips: dict[str, str] = {}
        if folder is None:
            self.pool = ObjectPool(MemoryObjectStore())
            return
        _make(folder)
        self.pool = ObjectPool(ObjectFiles(str(folder / "objects")))
        self.tips.update(PackedRefs(folder).read().values)
        if (folder / "shallow").exists():
            self.shallow.update(ObjectID(line) for line in (folder / "shallow").read_bytes().split())

    def remember(self) -> None:
        """Keep tips and cuts across a restart, so that the next fetch asks for news only. Blocks."""
        if self._folder is None:
            return
        mirror = PackedRefs(self._folder)
        now = mirror.read().values
        tips = {name: tip for name, tip in self.tips.items() if name.startswith("refs/")}
        changes = [RefChange(name, now.get(name), tips.get(name)) for name in {*now, *tips}]
        # What goes leaves its name free for what comes.
        changes.sort(key=lambda change: change.new is not None)
        mirror.apply([change for change in changes if change.old != change.new], atomic=False)
        write_atomic(self._folder / "shallow", b"".join(sorted(cut + b"\n" for cut in self.shallow)))


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        Repo(str(folder)).close()
    except NotGitRepository:
        Repo.init_bare(str(folder)).close()
    PackedRefs(folder).recover()
