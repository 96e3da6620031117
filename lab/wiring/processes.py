"""Is the lab server there, and how to end it: by its process, never by guessing."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.kit.retrying import poll
from lab.wiring.home import Home

START_LIMIT = 60.0
STOP_LIMIT = 10.0


def server_pid(home: Home) -> int | None:
    """The lab server's process, or None when it is gone; a number that belongs to another program counts as gone."""
    facts = home.read_server()
    if facts is None:
        return None
    pid = int(facts.get("pid", 0))
    return pid if _is_ours(pid, home) else None


@contextmanager
def serving(home: Home) -> Iterator[bool]:
    """Be the one server of a lab, from the first moment to the last; gives False where another one is."""
    with _claim_file(home).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def is_served(home: Home) -> bool:
    """True while a server of the lab runs, be it only starting."""
    with serving(home) as nobody_else:
        return not nobody_else


def _claim_file(home: Home) -> Path:
    return home.path / "server.lock"


def server_answers(home: Home) -> bool:
    """True while the lab server runs and has said where it listens."""
    return server_pid(home) is not None


def end_server(home: Home, waiting: Callable[[float], None] = lambda _elapsed: None) -> bool:
    """Ask the server to stop, insist after STOP_LIMIT seconds; True when there was one."""
    # One that a killed command left starting is waited for: it could not be told to stop before it listens.
    poll(lambda: server_pid(home) is not None or not is_served(home), limit=START_LIMIT, each=waiting)
    pid = server_pid(home)
    if pid is None:
        home.server.unlink(missing_ok=True)
        return False
    os.kill(pid, signal.SIGTERM)
    if not poll(lambda: not _is_ours(pid, home), limit=STOP_LIMIT, each=waiting):
        os.kill(pid, signal.SIGKILL)
        poll(lambda: not _is_ours(pid, home), limit=STOP_LIMIT, each=waiting)
    home.server.unlink(missing_ok=True)
    return True


def _is_ours(pid: int, home: Home) -> bool:
    """True when the process lives and is this lab's server, as far as the system tells."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        # No /proc on this system: the number must do.
        return not Path("/proc").is_dir()
    return state != "Z" and str(home.path).encode() in words
