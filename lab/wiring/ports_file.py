"""Ports stay the same from start to start: addresses stand in Repositories, RootSyncs and people's shells."""

from __future__ import annotations

import socket
from pathlib import Path

import orjson

from lab.errors.base import LabError
from lab.kit.files import write_atomic

HOST = "127.0.0.1"
PREFERRED = {"api": 6443, "git": 3000, "control": 0}
"""Where a new lab listens when the port is free; 0 takes any."""
_TRIES = 50


class PortsFile:
    """Remembers which port a part got; in memory only unless `persistent`."""

    def __init__(self, path: Path, *, persistent: bool = True) -> None:
        self._path = path
        self._persistent = persistent
        self._ports: dict[str, int] = {}
        if persistent and path.exists():
            self._ports = orjson.loads(path.read_bytes())

    def wanted(self, part: str, asked: int) -> int:
        """The port to listen on: the one asked for, else the one of the last start, else 0 for a free one."""
        return asked or self._ports.get(part, 0)

    def choose(self, part: str, asked: int) -> tuple[int, int]:
        """The port for a part before it starts, and the preferred one that was taken (0 when it was free).

        Raises LabError LAB010 when the port that was asked for, or that the lab had before, belongs to another program.
        """
        fixed = self.wanted(part, asked)
        if fixed:
            if not is_free(fixed):
                raise _taken(part, fixed, asked_for=bool(asked))
            self.remember(part, fixed)
            return fixed, 0
        preferred = PREFERRED[part]
        found = next((p for p in range(preferred, preferred + _TRIES) if is_free(p)), 0) if preferred else 0
        port = found or any_free()
        self.remember(part, port)
        return port, preferred if preferred not in (0, port) else 0

    def remember(self, part: str, port: int) -> None:
        """Keep the port that a part got."""
        if self._ports.get(part) != port:
            self._ports[part] = port
            if self._persistent:
                write_atomic(self._path, orjson.dumps(self._ports))


def is_free(port: int) -> bool:
    """True when nothing listens on the loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _taken(part: str, port: int, *, asked_for: bool) -> LabError:
    field = {"api": "api_port", "git": "git.port"}.get(part, part)
    why = f"lab.yaml asks for it: {field}: {port}." if asked_for else "This lab listened there before; addresses keep."
    steps = [f"ss -ltnp 'sport = :{port}'"]
    steps.append("lab up" if asked_for else "lab down")
    return LabError("LAB010", f"Port {port} on {HOST} is taken by another program.", why, steps)
