"""Bare repositories below a folder: `FOLDER/OWNER/NAME.git`, made and removed in one step, mended after a crash."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dulwich.object_store import DiskObjectStore
from dulwich.objects import Commit

from lab.errors.base import LabError
from lab.git.commits import as_id, peel
from lab.git.object_pool import DAMAGE
from lab.git.packed_refs import PackedRefs, RefsUnreadable
from lab.git_hosts.embedded.quarantine import PREFIX as INCOMING
from lab.kit.files import quoted, write_atomic

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PRIVATE = "lab-private"
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"


class BareRepositories:
    """The repositories of one owner (a folder below `folder`), each by its name without `.git`."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder / owner
        self._refs: dict[str, PackedRefs] = {}

    def path(self, name: str) -> Path:
        """Where the repository lies, whether or not it is there. Raises LabError for what cannot be a name."""
        if not _NAME.fullmatch(name) or name.endswith((".git", ".lock", ".")) or ".." in name:
            raise LabError(
                "LAB004",
                f"{name!r} cannot be the name of a repository",
                "It takes letters, digits, `.`, `_` and `-`, begins with a letter or digit, and is no longer than 100.",
            )
        return self._folder / f"{name}.git"

    def has(self, name: str) -> bool:
        """Whether there is such a repository; what cannot be a name has none."""
        return _NAME.fullmatch(name) is not None and (self._folder / f"{name}.git" / "HEAD").exists()

    def names(self) -> list[str]:
        """Every repository, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(entry.name.removesuffix(".git") for entry in self._folder.glob("*.git") if self._is_one(entry))

    def create(self, name: str) -> Path:
        """Make the repository when it is missing: the same files each time, HEAD at main, no commit."""
        path = self.path(name)
        if self.has(name):
            return path
        self._folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
        made.chmod(0o755)
        for below in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (made / below).mkdir(parents=True)
        (made / "config").write_text(_CONFIG)
        (made / "description").write_text(f"{name}\n")
        (made / "HEAD").write_text("ref: refs/heads/main\n")
        made.replace(path)
        return path

    def delete(self, name: str) -> None:
        """Remove the repository; one that is not there is removed already."""
        path = self.path(name)
        self._refs.pop(name, None)
        if path.exists():
            grave = Path(tempfile.mkdtemp(prefix=".gone-", dir=self._folder))
            path.replace(grave / path.name)
            shutil.rmtree(grave, ignore_errors=True)

    def refs(self, name: str) -> PackedRefs:
        """The refs of the repository."""
        if name not in self._refs:
            path = self.path(name)
            self._refs[name] = PackedRefs(path, lambda one: _peel_in(path, one))
        return self._refs[name]

    def is_private(self, name: str) -> bool:
        """Whether reading needs the token too."""
        return (self.path(name) / _PRIVATE).exists()

    def set_private(self, name: str, private: bool) -> None:
        """Let anyone read, or only who has the token."""
        mark = self.path(name) / _PRIVATE
        if private:
            write_atomic(mark, "")
        else:
            mark.unlink(missing_ok=True)

    def recover(self) -> dict[str, LabError]:
        """Clear away what a killed process left behind, and return what is wrong with the repositories that are broken.

        Only for whoever owns the folder alone.
        """
        if self._folder.is_dir():
            for left in [*self._folder.glob(".new-*"), *self._folder.glob(".gone-*")]:
                shutil.rmtree(left, ignore_errors=True)
        broken: dict[str, LabError] = {}
        for name in self.names():
            self.refs(name).recover()
            _sweep(self.path(name) / "objects")
            if (error := self.examine(name)) is not None:
                broken[name] = error
        return broken

    def examine(self, name: str) -> LabError | None:
        """What is wrong with the repository as far as its refs and their commits tell; None when nothing is."""
        path = self.path(name)
        try:
            state = self.refs(name).read()
        except (RefsUnreadable, OSError) as error:
            return broken_repository(path, f"Its refs: {error}")
        store = DiskObjectStore(str(path / "objects"))
        try:
            for ref, tip in state.values.items():
                if (fault := _fault(store, tip)) is not None:
                    return broken_repository(path, f"{ref}: {fault}")
        finally:
            store.close()
        return None if self.refs(name).head() else broken_repository(path, "HEAD names no branch")

    def _is_one(self, entry: Path) -> bool:
        return (entry / "HEAD").exists()


def _fault(store: DiskObjectStore, tip: str) -> str | None:
    try:
        found = store[as_id(peel(store, tip) or tip)]
        if isinstance(found, Commit):
            store[found.tree]
    except KeyError as error:
        return f"object {error.args[0]!r} is missing"
    except (OSError, *DAMAGE) as error:
        return f"object {tip} is damaged ({type(error).__name__}: {error})"
    return None


def _peel_in(path: Path, one: str) -> str | None:
    store = DiskObjectStore(str(path / "objects"))
    try:
        return peel(store, one)
    finally:
        store.close()


def broken_repository(path: Path, why: str) -> LabError:
    """The error for a repository that cannot be read, and why."""
    return LabError(
        "LAB032",
        f"The repository {path} cannot be read",
        why,
        [f"git --git-dir {quoted(path)} fsck --full"],
    )


def _sweep(objects: Path) -> None:
    for left in _leftovers(objects):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _leftovers(objects: Path) -> Iterator[Path]:
    for pattern in (f"{INCOMING}*", "tmp_*", "??/tmp_obj_*", "??/*.lock", "pack/*.lock", "pack/tmp*"):
        yield from list(objects.glob(pattern))
