"""kill -9 of the lab server at random moments of the flow, then `lab up`: the same end, no commit lost or doubled.

    python benchmarks/kill_server.py [N] [--seed S]

Each of N labs is fresh. The moment is an event of an undisturbed run, drawn at random, plus up to 60 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LAB = Path(sys.executable).parent / "lab"
LATEST = 0.06
State = dict[str, Any]


class Lab:
    """A lab in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lab-kill-"))
        self.home = self.folder / ".lab" / "demo"
        ports = f"api_port: {_free_port()}\ngit: {{port: {_free_port()}}}\n"
        (self.folder / "lab.yaml").write_text(f"version: 1\n{ports}")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(LAB), *words], cwd=self.folder, capture_output=True, text=True, check=False)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen([str(LAB), *words], cwd=self.folder, stdin=quiet, stdout=quiet, stderr=quiet)

    def events(self) -> list[dict[str, Any]]:
        try:
            lines = (self.home / "journal.jsonl").read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def kill_server(self) -> bool:
        for pid in _servers(self.folder):
            os.kill(pid, signal.SIGKILL)
            while pid in _servers(self.folder):
                time.sleep(0.005)
            return True
        return False

    def state(self) -> State:
        trails = json.loads(self.run("trace", "-o", "json").stdout)["trails"]
        paths = self.git("ls-tree", "-r", "--name-only", "main").split()
        return {
            "subjects": sorted(self.git("log", "--format=%s", "main").splitlines()),
            "parents": len(self.git("rev-list", "--all").split()),
            "tags": self.git("tag", "--list").split(),
            "branches": self.git("branch", "--list", "--format=%(refname:short)").split(),
            "files": {path: _same(self.git("show", f"main:{path}")) for path in paths},
            "trails": sorted((t["package"], [s["state"] for s in t["stages"]]) for t in trails),
            "commits told": sorted(_told(self.events())),
        }

    def git(self, *words: str) -> str:
        folder = self.home / "git" / "nephio" / "nephio-my-ran.git"
        return subprocess.run(["git", f"--git-dir={folder}", *words], capture_output=True, text=True, check=True).stdout

    def remove(self) -> None:
        self.run("down")
        shutil.rmtree(self.folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    undisturbed, length = _undisturbed()
    wrong = 0
    for number in range(1, asked.count + 1):
        after, late = dice.randint(0, length), dice.uniform(0, LATEST)
        faults, at = _killed(after, late, undisturbed)
        wrong += bool(faults)
        print(f"{number:>3}  after event {after:>2} ({at}) + {late * 1000:.0f} ms: {'; '.join(faults) or 'same end'}")
    print(f"{asked.count - wrong} of {asked.count} ended as an undisturbed lab does (seed {asked.seed})")
    return 1 if wrong else 0


def _undisturbed() -> tuple[State, int]:
    lab = Lab()
    try:
        lab.run("up")
        return lab.state(), len(lab.events())
    finally:
        lab.remove()


def _killed(after: int, late: float, undisturbed: State) -> tuple[list[str], str]:
    lab = Lab()
    try:
        running = lab.start("up")
        while len(lab.events()) < after and running.poll() is None:
            time.sleep(0.002)
        time.sleep(late)
        events = lab.events()
        at = f"{events[-1]['kind']}" if events else "before the first"
        killed = lab.kill_server()
        running.wait()
        ended = lab.run("up")
        faults = [] if ended.returncode == 0 else [f"up left with {ended.returncode}: {ended.stderr.strip()[-300:]}"]
        if ended.returncode == 0:
            state = lab.state()
            faults += [f"{key} differ" for key in undisturbed if state[key] != undisturbed[key]]
            numbers = [e["seq"] for e in lab.events()]
            faults += [] if numbers == list(range(1, len(numbers) + 1)) else ["numbers of the journal"]
        return faults, at if killed else f"{at}, no server to kill"
    finally:
        lab.remove()


def _told(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    told = [e["data"] for e in events if e["kind"] == "Committed"]
    return [(d["repository"], d["revision"]) for d in told]


def _same(text: str) -> str:
    """A file without what tells one lab from another: the address of its Git, and commits of blueprints."""
    return re.sub(r"127\.0\.0\.1:\d+|\b[0-9a-f]{40}\b", "…", text)


def _servers(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            alive = words and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            if alive and b"lab.server" in words and any(w.startswith(f"{folder}/".encode()) for w in words):
                found.append(int(entry.name))
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
