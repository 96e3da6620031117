"""The refs of a bare repository, where several move in one step or none does.

Git's own files for refs are renamed one by one, so a process killed between two renames leaves a branch moved and
its tag not. Here every ref lives in `packed-refs`, and a transaction is one rename of that file; refs that another
program wrote one by one are read as git reads them and folded in by the next transaction. Writers of one repository
wait for each other on a lock that the system releases when its holder dies.

Source: gitrepository-layout, packed-refs; git pack-refs, the header `peeled fully-peeled sorted`.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dulwich.refs import Ref, check_ref_format

_HEADER = "# pack-refs with: peeled fully-peeled sorted \n"
_SYMBOLIC = "ref: "

Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class RefChange:
    """Move `name` from `old` to `new`: None for `old` means that it must not exist, None for `new` deletes it."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class RefState:
    """Where the refs stand: `values` are what they hold, `peeled` the commits behind annotated tags."""

    values: Mapping[str, str]
    peeled: Mapping[str, str]

    def commit(self, name: str) -> str | None:
        """The id behind the ref, an annotated tag followed to what it names; None when there is no such ref."""
        return self.peeled.get(name) or self.values.get(name)


class RefsUnreadable(Exception):
    """`packed-refs` holds a line that is none."""


class PackedRefs:
    """The refs of the bare repository at `folder`. Safe to use from several threads and objects at once.

    `peel` gives the id of the commit behind the id of an annotated tag, None for what is no tag.
    """

    def __init__(self, folder: Path, peel: Callable[[str], str | None] = lambda _id: None) -> None:
        self._folder = folder
        self._peel = peel
        self._file = folder / "packed-refs"
        self._seen: tuple[Signature | None, RefState] | None = None

    def head(self) -> str | None:
        """The branch that HEAD names, or None when it names none."""
        try:
            text = (self._folder / "HEAD").read_text().strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return text.removeprefix(_SYMBOLIC) if text.startswith(_SYMBOLIC) else None

    def read(self) -> RefState:
        """Every ref now. Raises RefsUnreadable; a folder without refs has none."""
        # Loose refs first: one that is folded in while this reads is seen in one place or the other.
        loose = dict(self._loose())
        packed = self._packed()
        if not loose:
            return packed
        kept = {name: target for name, target in packed.peeled.items() if name not in loose}
        return RefState({**packed.values, **loose}, {**kept, **self._peeled(loose, packed)})

    def apply(self, changes: Sequence[RefChange], *, atomic: bool) -> dict[str, str]:
        """Make the changes; what comes back are the refused refs with the reason, empty when all were made.

        With `atomic` a single refusal refuses all. Raises OSError as the system gives it; nothing was changed then.
        """
        with self._locked():
            before = self.read()
            values = dict(before.values)
            refused: dict[str, str] = {}
            for change in changes:
                reason = _refusal(change, values, before)
                if reason:
                    refused[change.name] = reason
                elif change.new is None:
                    values.pop(change.name, None)
                else:
                    values[change.name] = change.new
            if refused and atomic:
                return {change.name: refused.get(change.name, "atomic push failed") for change in changes}
            if values != before.values or self._has_loose():
                self._write(values, self._peeled(values, before))
            return refused

    def recover(self) -> list[str]:
        """Remove the locks that a killed process left; only for whoever owns the repository alone.

        Returns what was removed, as paths relative to the repository.
        """
        stale = [*self._folder.glob("*.lock"), *(self._folder / "refs").rglob("*.lock")]
        for lock in stale:
            lock.unlink(missing_ok=True)
        return [str(lock.relative_to(self._folder)) for lock in stale]

    def _peeled(self, values: Mapping[str, str], before: RefState) -> dict[str, str]:
        result: dict[str, str] = {}
        for name, value in values.items():
            if before.values.get(name) == value and name in before.peeled:
                result[name] = before.peeled[name]
            elif name.startswith("refs/tags/") and before.values.get(name) != value:
                target = self._peel(value)
                if target is not None and target != value:
                    result[name] = target
        return result

    def _packed(self) -> RefState:
        signature = self._signature()
        seen = self._seen
        if seen is None or seen[0] != signature:
            # The signature is taken first: a write in between makes the next read look again, never the reverse.
            seen = self._seen = (signature, _parse(self._file))
        return seen[1]

    def _signature(self) -> Signature | None:
        try:
            status = self._file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _has_loose(self) -> bool:
        return next(self._loose(), None) is not None

    def _loose(self) -> Iterator[tuple[str, str]]:
        for file in _files_below(self._folder / "refs"):
            text = file.read_text(errors="replace").strip()
            name = file.relative_to(self._folder).as_posix()
            if len(text) == 40 and not name.endswith(".lock"):
                yield name, text

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self._folder / "refs.flock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, values: Mapping[str, str], peeled: Mapping[str, str]) -> None:
        # git's own programs take this very lock before they rewrite the file.
        lock = self._file.with_name("packed-refs.lock")
        handle = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            with os.fdopen(handle, "w") as file:
                file.writelines(_lines(values, peeled))
            self._fold_loose()
            self._put(lock)
        except BaseException:
            lock.unlink(missing_ok=True)
            raise
        self._seen = None

    def _fold_loose(self) -> None:
        # A loose ref hides the packed one, so they go before the new file counts, and never before an equal packed
        # one stands in for them.
        loose = dict(self._loose())
        if not loose:
            return
        now = self.read()
        folded = self._file.with_name("packed-refs.folded")
        folded.write_text("".join(_lines(now.values, now.peeled)))
        self._put(folded)
        for name in loose:
            (self._folder / name).unlink(missing_ok=True)

    def _put(self, written: Path) -> None:
        """Let the file count, with a later date than the one before: two writes in one tick must not look alike."""
        before = self._signature()
        status = written.stat()
        if before is not None and status.st_mtime_ns <= before[1]:
            os.utime(written, ns=(status.st_atime_ns, before[1] + 1))
        written.replace(self._file)


def _lines(values: Mapping[str, str], peeled: Mapping[str, str]) -> Iterator[str]:
    yield _HEADER
    for name in sorted(values, key=str.encode):
        yield f"{values[name]} {name}\n"
        if name in peeled:
            yield f"^{peeled[name]}\n"


def _refusal(change: RefChange, values: Mapping[str, str], before: RefState) -> str:
    """Why the change cannot be made, or nothing."""
    if not change.name.startswith("refs/") or not check_ref_format(Ref(change.name.encode())):
        return "funny refname"
    now = values.get(change.name)
    # A caller that looked at an annotated tag may know it by its commit.
    if change.old != now and (change.old is None or change.old != before.peeled.get(change.name)):
        return "failed to update ref"
    if change.new is not None and now is None:
        for other in values:
            if other.startswith(change.name + "/") or change.name.startswith(other + "/"):
                return f"'{other}' exists; cannot create '{change.name}'"
    return ""


def _parse(file: Path) -> RefState:
    try:
        text = file.read_text()
    except (FileNotFoundError, NotADirectoryError):
        return RefState({}, {})
    except UnicodeDecodeError as error:
        raise RefsUnreadable(f"{file.name}: not text") from error
    values: dict[str, str] = {}
    peeled: dict[str, str] = {}
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("^") and last and len(line) == 41:
            peeled[last] = line[1:]
            continue
        value, _, last = line.partition(" ")
        if len(value) != 40 or not last.startswith("refs/"):
            raise RefsUnreadable(f"{file.name}, line {number}: no ref")
        values[last] = value
    return RefState(values, peeled)


def _files_below(folder: Path) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
