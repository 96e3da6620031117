"""The checks of `lab doctor` for profile `embedded`: each names what was seen and a line to paste."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.errors.base import LabError
from lab.kit.files import quoted
from lab.model.spec import LabSpec
from lab.ports.cluster_provider import Finding
from lab.wiring.home import Home
from lab.wiring.ports_file import HOST, PREFERRED, PortsFile, is_free
from lab.wiring.processes import server_pid
from lab.wiring.tools import git, kubectl, version_of

SPACE_NEEDED = 200 * 1024 * 1024
MEMORY_NEEDED = 400 * 1024 * 1024
OLDEST_PYTHON = (3, 11)


def findings(spec: LabSpec, home: Home) -> list[Finding]:
    """Every check, in the order in which a start would meet them."""
    return [finding for check in _CHECKS for finding in check(spec, home)]


def _python(_spec: LabSpec, _home: Home) -> Iterator[Finding]:
    seen = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= OLDEST_PYTHON
    yield Finding("LAB015", "Python 3.11 or newer", good, seen, "" if good else "apt-get install python3")


def _folder(_spec: LabSpec, home: Home) -> Iterator[Finding]:
    folder = next(p for p in (home.path, *home.path.parents) if p.exists())
    good = os.access(folder, os.W_OK)
    step = "" if good else f"LAB_HOME={quoted(Path.home() / '.lab')} lab up"
    yield Finding("LAB011", "the lab's folder can be written", good, str(folder), step)
    free = shutil.disk_usage(folder).free
    enough = free >= SPACE_NEEDED
    step = "" if enough else f"df -h {quoted(folder)}"
    yield Finding("LAB012", "200 MB of disk", enough, f"{free // 2**20} MB free", step)


def _memory(_spec: LabSpec, _home: Home) -> Iterator[Finding]:
    available = _available_memory()
    if available is None:
        return
    good = available >= MEMORY_NEEDED
    yield Finding("LAB017", "400 MB of memory", good, f"{available // 2**20} MB available", "" if good else "free -m")


def _ports(spec: LabSpec, home: Home) -> Iterator[Finding]:
    if server_pid(home) is not None:
        yield Finding("LAB010", "ports", True, "held by the lab itself")
        return
    file = PortsFile(home.path / "ports.json")
    for part, asked in (("api", spec.api_port), ("git", spec.git_port)):
        port = file.wanted(part, asked)
        if not port:
            seen = f"{HOST}:{PREFERRED[part]} {'free' if is_free(PREFERRED[part]) else 'taken, another is used'}"
            yield Finding("LAB010", f"a port for {part}", True, seen)
            continue
        good = is_free(port)
        step = "" if good else f"ss -ltnp 'sport = :{port}'"
        yield Finding("LAB010", f"the port for {part}", good, f"{HOST}:{port} {'free' if good else 'taken'}", step)


def _tools(_spec: LabSpec, _home: Home) -> Iterator[Finding]:
    try:
        program = kubectl()
        seen = ".".join(map(str, version_of(program) or ("unknown",)))
        yield Finding("LAB014", "kubectl 1.29 or newer", True, f"{seen} at {program}")
    except LabError as error:
        yield Finding("LAB014", "kubectl 1.29 or newer", False, error.why, error.next_steps[0])
    try:
        yield Finding("LAB013", "git", True, git())
    except LabError as error:
        yield Finding("LAB013", "git", False, "not on PATH", error.next_steps[0])


def _leftovers(_spec: LabSpec, home: Home) -> Iterator[Finding]:
    left = home.server.exists() and server_pid(home) is None
    seen = "a server that ended without a word; lab up goes on from there" if left else "none"
    yield Finding("LAB022", "leftovers of a crash", not left, seen, "lab up" if left else "")


def _other_lab(_spec: LabSpec, _home: Home) -> Iterator[Finding]:
    found = shutil.which("lab")
    own = Path(sys.executable).parent / "lab"
    other = found is not None and Path(found).resolve() != own.resolve()
    seen = f"{found} is another program" if other else found or "not on PATH"
    step = f'export PATH={quoted(own.parent)}:"$PATH"' if other else ""
    yield Finding("LAB026", "`lab` on PATH is this one", not other, seen, step)


def _available_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


_CHECKS: tuple[Callable[[LabSpec, Home], Iterator[Finding]], ...] = (
    _python,
    _folder,
    _memory,
    _ports,
    _tools,
    _leftovers,
    _other_lab,
)
