"""Where a lab keeps its state: `.lab/NAME/` beside lab.yaml, and who may change it at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from lab.errors.base import LabError
from lab.kit.files import quoted, write_atomic

FOLDER = ".lab"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one lab and the files in it."""

    path: Path

    @property
    def name(self) -> str:
        """The lab's name."""
        return self.path.name

    @property
    def kubeconfig(self) -> Path:
        """Contexts `mgmt` and the cluster names."""
        return self.path / "kubeconfig"

    @property
    def journal(self) -> Path:
        """Every event, one a line."""
        return self.path / "journal.jsonl"

    @property
    def server(self) -> Path:
        """Where the lab server listens, with the token that lets commands in."""
        return self.path / "server.json"

    @property
    def server_log(self) -> Path:
        """What the lab server says."""
        return self.path / "logs" / "server.log"

    @property
    def spec(self) -> Path:
        """The lab as it was asked for at the last `up`."""
        return self.path / "lab.json"

    @property
    def manifests(self) -> Path:
        """The files that a person applies, written out for every cluster."""
        return self.path / "manifests"

    @property
    def owner_id(self) -> str:
        """The id that everything of this lab carries; made once."""
        file = self.path / "id"
        if not file.exists():
            write_atomic(file, secrets.token_hex(8))
        return file.read_text()

    def exists(self) -> bool:
        """True when a lab was made here and not taken down."""
        return self.spec.exists()

    def ensure(self) -> None:
        """Make the folder, hidden from git. Raises LabError LAB011 when it cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            write_atomic(self.path.parent / ".gitignore", "*\n")
        except OSError as error:
            raise _not_writable(self.path, error) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One command at a time changes the lab. Raises LabError LAB020 while another does."""
        self.ensure()
        file = (self.path.parent / f".{self.path.name}.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "another command"
            file.close()
            what = f"Another command is at work on lab {self.name}: {holder}."
            raise LabError("LAB020", what, "", ["lab status"]) from error
        try:
            file.truncate(0)
            file.write(f"process {os.getpid()}")
            file.flush()
            yield
        finally:
            file.truncate(0)
            file.close()

    def read_server(self) -> dict[str, str | int] | None:
        """What `write_server` wrote, or None when there is no server."""
        try:
            content = orjson.loads(self.server.read_bytes())
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) else None

    def write_server(self, facts: dict[str, str | int]) -> None:
        """Tell commands where the server is; only its owner may read it."""
        write_atomic(self.server, orjson.dumps(facts, option=orjson.OPT_INDENT_2), mode=0o600)


def root(lab_file: Path | None, start: Path) -> Path:
    """The `.lab` folder: LAB_HOME, else beside lab.yaml, else in `start`."""
    chosen = os.environ.get("LAB_HOME")
    if chosen:
        return Path(chosen).resolve()
    return (lab_file.parent if lab_file else start).resolve() / FOLDER


def homes(folder: Path) -> list[Home]:
    """Every lab that was made below a `.lab` folder."""
    if not folder.is_dir():
        return []
    return [home for entry in sorted(folder.iterdir()) if entry.is_dir() and (home := Home(entry)).exists()]


def refused_by_system(error: OSError, home: Home) -> LabError | None:
    """LAB011 or LAB012 where the system would not write for want of rights or space; None for anything else."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS):
        return _not_writable(home.path, error)
    return None


def _not_writable(path: Path, error: OSError) -> LabError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LabError("LAB012", f"No space left to write {path}.", str(error), [f"df -h {quoted(path.parent)}"])
    shown = quoted(path.parent)
    why = error.strerror or str(error)
    return LabError(
        "LAB011", f"The folder {shown} cannot be written.", why, [f"LAB_HOME={quoted(Path.home() / FOLDER)} lab up"]
    )
