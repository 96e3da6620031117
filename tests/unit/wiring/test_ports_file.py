"""Ports: the preferred one, the next free one, and the same one for ever after."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from lab.errors.base import ExitCode, LabError
from lab.wiring.ports_file import HOST, PREFERRED, PortsFile, any_free, is_free


def taken() -> socket.socket:
    """A port that somebody else listens on."""
    made = socket.socket()
    made.bind((HOST, 0))
    made.listen()
    return made


def test_a_port_keeps_from_start_to_start(tmp_path: Path) -> None:
    """The port that was chosen first is chosen again: addresses stand in objects."""
    path = tmp_path / "ports.json"
    first, _ = PortsFile(path).choose("api", 0)

    assert PortsFile(path).choose("api", 0)[0] == first


def test_a_taken_preferred_port_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By chance taken: the next free one is used, and the taken one is told."""
    with taken() as other:
        port = other.getsockname()[1]
        monkeypatch.setitem(PREFERRED, "api", port)
        chosen, told = PortsFile(tmp_path / "p.json").choose("api", 0)

        assert told == port
        assert chosen != port
        assert is_free(chosen)


def test_a_port_that_was_asked_for_is_never_replaced(tmp_path: Path) -> None:
    """Asked for and taken is LAB010, with a line that shows who holds it."""
    with taken() as other, pytest.raises(LabError) as caught:
        PortsFile(tmp_path / "p.json").choose("git", other.getsockname()[1])

    assert caught.value.code == "LAB010"
    assert caught.value.exit_code is ExitCode.MACHINE
    assert caught.value.next_steps[0].startswith("ss -ltnp")
    assert not (tmp_path / "p.json").exists()


def test_a_free_port_is_free() -> None:
    """What the system gives can be bound."""
    assert is_free(any_free())
