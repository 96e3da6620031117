"""`lab open`: the address, and the way to it from another machine."""

from __future__ import annotations

import io
import json

import pytest

from lab.cli import open as verb
from lab.cli.console import Console

URL = "http://127.0.0.1:40467/?token=t"


def said(output: str) -> tuple[str, str]:
    """What goes to stdout and to stderr."""
    console = Console(plain=True, stdout=io.StringIO(), stderr=io.StringIO())
    verb.show(console, URL, output)
    assert isinstance(console.stdout, io.StringIO)
    assert isinstance(console.stderr, io.StringIO)
    return console.stdout.getvalue(), console.stderr.getvalue()


@pytest.fixture(autouse=True)
def _no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)


def test_the_address_is_data() -> None:
    """It alone goes to stdout."""
    assert said("text") == (f"{URL}\n", "")


def test_over_ssh_the_tunnel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the port and the machine that one is on."""
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.9 50000 198.51.100.7 22")

    assert "ssh -N -L 40467:127.0.0.1:40467 " in said("text")[1]
    assert "@198.51.100.7" in said("text")[1]
    assert json.loads(said("json")[0])["tunnel"].endswith("@198.51.100.7")


def test_no_browser_is_started_where_nobody_sits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in CI nor without a terminal."""
    monkeypatch.setenv("DISPLAY", ":0")
    assert not verb.has_display()
    monkeypatch.delenv("CI")
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert not verb.has_display()
