"""Starting the lab server in the background, so that it outlives the terminal that asked for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson

from lab.errors.base import LabError, Place
from lab.kit.files import quoted, write_atomic
from lab.kit.retrying import poll
from lab.wiring.home import Home
from lab.wiring.processes import START_LIMIT, is_served, server_pid


def failure_file(home: Home) -> Path:
    """Where a server that cannot start says why."""
    return home.path / "server-failure.json"


def report_failure(home: Home, error: LabError) -> None:
    """Leave word for the command that waits."""
    write_atomic(failure_file(home), orjson.dumps(error.as_dict()))


def launch(
    home: Home,
    each: Callable[[float], None] = lambda _elapsed: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Start the server of the lab in `home` and return when it answers; nothing when it runs.

    `meanwhile` is called once while the server starts, `each` with the seconds gone by at every look.
    Raises LabError: the one that the server reported, or LAB023 with its last words.
    """
    if server_pid(home) is not None:
        return
    failure_file(home).unlink(missing_ok=True)
    home.server.unlink(missing_ok=True)
    home.server_log.parent.mkdir(parents=True, exist_ok=True)
    process: subprocess.Popen[bytes] | None = None
    try:
        process = _spawn(home)
        meanwhile()
        _await(home, process, each)
    except BaseException:
        if process is not None:
            process.kill()
        raise
    if home.server.exists():
        return
    process.kill()
    raise _reason(home, process.poll())


def _spawn(home: Home) -> subprocess.Popen[bytes]:
    with home.server_log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "lab.server", str(home.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=home.path,
        )


def _await(home: Home, process: subprocess.Popen[bytes], each: Callable[[float], None]) -> None:
    """Until a server answers or none can. One that a killed command left starting goes on; ours ends then."""
    poll(
        lambda: home.server.exists() or (process.poll() is not None and not is_served(home)),
        limit=START_LIMIT,
        interval=0.01,
        each=each,
    )


def _reason(home: Home, status: int | None) -> LabError:
    file = failure_file(home)
    if file.exists():
        told = orjson.loads(file.read_bytes())
        place = Place(told["place"]) if told["place"] else None
        return LabError(told["code"], told["what"], told["why"], told["next"], place=place, kept=told["kept"] or "")
    words = home.server_log.read_text(errors="replace").strip().splitlines()[-3:]
    ended = f"It ended with status {status}." if status is not None else f"It did not answer within {START_LIMIT:.0f}s."
    why = "\n".join([ended, *words])
    return LabError("LAB023", "The lab server did not start.", why, ["lab logs --server"], kept=quoted(home.server_log))
