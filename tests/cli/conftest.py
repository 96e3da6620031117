"""The command line as people have it: real processes in folders of their own, on ports of their own."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.cli.app import run

LAB = Path(sys.executable).parent / "lab"
LIMIT = 90.0
ONE_FLOW = "flows: [{package: cluster-baseline, to: my-ran}]\n"


@dataclass(frozen=True)
class Said:
    """What a process said and how it left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The whole of stdout as one JSON document."""
        return json.loads(self.out)


def free_port() -> int:
    """A port that nobody has now, below those that the system gives to whoever connects in the meantime."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20000, 30000)))
            return int(probe.getsockname()[1])


@dataclass
class Shell:
    """A folder with a lab.yaml, and `lab` in it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The lab's own folder."""
        return self.folder / ".lab" / "demo"

    def write(self, name: str, text: str) -> Path:
        """Writes a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def lab_yaml(self, more: str = ONE_FLOW) -> None:
        """Writes lab.yaml with free ports, and `more`."""
        self.write("lab.yaml", f"version: 1\napi_port: {free_port()}\ngit: {{port: {free_port()}}}\n{more}")

    def lab(self, *words: str, stdin: str = "", **env: str) -> Said:
        """Runs `lab WORDS` to its end."""
        done = subprocess.run(
            [str(LAB), *words],
            cwd=self.folder,
            env=self._env(env),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def inside(self, *words: str) -> Said:
        """Runs `lab WORDS` in this process, from the folder, for verbs that only look: no time goes into starting."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            for name in [name for name in os.environ if name.startswith("LAB_")]:
                patch.delenv(name)
            patch.setattr(sys, "argv", [str(LAB), *words])
            code = run(words)
        return Said(code, out.getvalue(), err.getvalue())

    def good(self, *words: str, stdin: str = "") -> Said:
        """Runs `lab WORDS`, which must be well."""
        said = self.lab(*words, stdin=stdin)
        assert said.code == 0, f"lab {' '.join(words)} left with {said.code}\n{said.out}\n{said.err}"
        return said

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Starts `lab WORDS` in a process group of its own and does not wait."""
        return subprocess.Popen(
            [str(LAB), *words],
            cwd=self.folder,
            env=self._env({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def sh(self, script: str, folder: Path | None = None) -> Said:
        """Pastes lines into a fresh `sh`, in another folder where wanted."""
        done = subprocess.run(
            ["sh", "-e"],
            cwd=folder or self.folder,
            env=self._env({}),
            input=script,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def events(self) -> list[dict[str, Any]]:
        """Every whole line of the journal."""
        try:
            content = (self.home / "journal.jsonl").read_bytes()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in content.split(b"\n")[:-1]]

    def until(self, question: Callable[[], Any], *, limit: float = LIMIT) -> Any:
        """Waits for a state that nothing announces to other processes."""
        deadline = time.monotonic() + limit
        while not (answer := question()):
            assert time.monotonic() < deadline, "not within the limit"
            time.sleep(0.01)
        return answer

    def until_event(self, kind: str) -> None:
        """Waits until the journal holds an event of a kind."""
        self.until(lambda: any(e["kind"] == kind for e in self.events()))

    def server_pid(self) -> int:
        """The lab server's process."""
        return int(json.loads((self.home / "server.json").read_text())["pid"])

    def hold_server(self) -> int:
        """Stops the lab server where it is, be it only starting; returns its process, for SIGCONT."""
        (pid,) = self.until(lambda: servers_of(self.folder))
        os.kill(pid, signal.SIGSTOP)
        return int(pid)

    def kill_server(self) -> None:
        """Ends the lab server without any warning, be it only starting, and waits until it is gone."""
        (pid,) = self.until(lambda: servers_of(self.folder))
        os.kill(pid, signal.SIGKILL)
        self.until(lambda: not alive(pid))

    def runs(self, pid: int) -> bool:
        """Whether a process is there; one that only waits to be reaped is not."""
        return alive(pid)

    def git(self, *words: str, repository: str = "nephio-my-ran") -> str:
        """What git says of one of the lab's bare repositories."""
        folder = self.home / "git" / "nephio" / f"{repository}.git"
        done = subprocess.run(["git", f"--git-dir={folder}", *words], capture_output=True, text=True, check=True)
        return done.stdout

    def _env(self, more: dict[str, str]) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LAB_", "KUBE", "CI", "NO_COLOR"))}
        return {**kept, **self.env, **more}


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def take_down(shell: Shell) -> None:
    """Whatever a test left, nothing of it stays."""
    shell.inside("down", "--all")
    for pid in servers_of(shell.folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(shell.folder, ignore_errors=True)


def servers_of(folder: Path) -> list[int]:
    """Processes of lab servers whose lab lies below a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if b"lab.server" in words and any(w.startswith(f"{folder}/".encode()) for w in words):
                found.append(int(entry.name))
    return [pid for pid in found if alive(pid)]


@pytest.fixture(scope="module")
def make_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Shell]]:
    """Makes folders with a lab.yaml; every lab in them is taken down at the end of the module."""
    made: list[Shell] = []

    def make(name: str = "work", more: str = ONE_FLOW) -> Shell:
        shell = Shell(tmp_path_factory.mktemp(name, numbered=True))
        shell.lab_yaml(more)
        made.append(shell)
        return shell

    yield make
    for shell in made:
        take_down(shell)
