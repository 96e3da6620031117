"""The lab's folder: hidden from git, for its owner only, and changed by one command at a time."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lab.errors.base import ExitCode, LabError
from lab.wiring.home import Home, homes, root


def test_the_folder_is_private_and_ignored(tmp_path: Path) -> None:
    """Only its owner may look in, and git does not see it."""
    home = Home(tmp_path / ".lab" / "demo")
    home.ensure()

    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert (tmp_path / ".lab" / ".gitignore").read_text() == "*\n"


def test_one_command_at_a_time(tmp_path: Path) -> None:
    """While the lock is held another command is refused with LAB020, exit 7; afterwards it may."""
    home = Home(tmp_path / ".lab" / "demo")
    with home.lock(), pytest.raises(LabError) as caught, Home(home.path).lock():
        pass

    assert caught.value.code == "LAB020"
    assert caught.value.exit_code is ExitCode.REFUSED
    with home.lock():
        pass


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    """A folder that cannot be made is LAB011 with somewhere else to go."""
    (tmp_path / ".lab").write_text("in the way")
    with pytest.raises(LabError) as caught:
        Home(tmp_path / ".lab" / "demo").ensure()

    assert caught.value.code == "LAB011"
    assert caught.value.next_steps[0].startswith("LAB_HOME=")


def test_labs_are_found_by_their_spec(tmp_path: Path) -> None:
    """A folder is a lab once `up` has written down what was asked for."""
    made = Home(tmp_path / "one")
    made.ensure()
    (tmp_path / "two").mkdir()
    made.spec.write_text("{}")

    assert [h.name for h in homes(tmp_path)] == ["one"]
    assert homes(tmp_path / "none") == []


def test_state_lives_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.lab` stands beside lab.yaml; LAB_HOME wins."""
    monkeypatch.delenv("LAB_HOME", raising=False)
    assert root(tmp_path / "lab.yaml", Path("/else")) == tmp_path / ".lab"
    assert root(None, tmp_path) == tmp_path / ".lab"

    monkeypatch.setenv("LAB_HOME", str(tmp_path / "other"))
    assert root(None, tmp_path) == tmp_path / "other"


def test_the_servers_word_is_for_its_owner(tmp_path: Path) -> None:
    """server.json holds a token: 0600; nonsense in it means no server."""
    home = Home(tmp_path / "demo")
    home.write_server({"pid": 1, "control_token": "t"})

    assert stat.S_IMODE(home.server.stat().st_mode) == 0o600
    assert home.read_server() == {"pid": 1, "control_token": "t"}
    home.server.write_text("{")
    assert home.read_server() is None
