"""What a machine may lack or hold against the lab: ports, rights, programs, a whole file; and the installer."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

INSTALLER = Path(__file__).parents[2] / "tools" / "install"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


@pytest.mark.parametrize("field", ["api_port: {}", "git: {{port: {}}}"], ids=["api", "git"])
def test_a_port_that_was_asked_for_is_taken(make_shell: Any, taken: int, field: str) -> None:
    """LAB010 with 3 names the port, the field that asks for it and who to ask; no server runs; doctor sees it."""
    shell = make_shell("taken")
    shell.write("lab.yaml", "version: 1\n" + field.format(taken) + "\n")
    said = shell.inside("up")
    assert said.code == 3
    assert "LAB010" in said.err
    assert str(taken) in said.err
    assert field.split(":")[0] in said.err
    assert not (shell.home / "server.json").exists()
    doctor = shell.inside("doctor")
    assert (doctor.code, "LAB010" in doctor.out) == (3, True)


def test_two_new_labs_at_once(make_shell: Any) -> None:
    """Two labs that start at the same moment without asking for ports both come up, each on its own."""
    shells = [make_shell("one"), make_shell("other")]
    for shell in shells:
        shell.write("lab.yaml", "version: 1\nflows: []\n")
    started = [shell.start("up", "--no-flow") for shell in shells]
    for running in started:
        _out, err = running.communicate(timeout=90)
        assert running.returncode == 0, err
    ports = [(shell.home / "ports.json").read_text() for shell in shells]
    assert ports[0] != ports[1]


def test_a_folder_that_cannot_be_written(make_shell: Any) -> None:
    """LAB011 with 3 and another place to try; nothing is made."""
    shell = make_shell("readonly")
    said = shell.lab("up", LAB_HOME="/sys/kernel/lab")
    assert said.code == 3, said.err
    assert "LAB011" in said.err
    assert "LAB_HOME=" in said.err
    assert [p.name for p in shell.folder.iterdir()] == ["lab.yaml"]


def test_what_the_server_cannot_read_is_told_by_up(make_shell: Any) -> None:
    """A damaged journal that only the background process sees reaches the terminal: code, file, line, next, 6."""
    shell = make_shell("damaged", "flows: []\n")
    shell.good("up", "--no-flow")
    shell.good("down", "--stop")
    journal = shell.home / "journal.jsonl"
    lines = journal.read_bytes().split(b"\n")
    journal.write_bytes(b"\n".join([lines[0], b"{cut", *lines[1:]]))
    said = shell.lab("up", "--no-flow")
    assert said.code == 6, said.err
    assert "LAB030" in said.err
    assert f"{journal}:2" in said.err
    data = shell.lab("up", "--no-flow", "-o", "json")
    assert (data.code, data.json["code"]) == (6, "LAB030")
    assert (shell.inside("logs").code, shell.inside("status").code) == (6, 6)
    mended = [line.strip().removeprefix("Next").strip() for line in said.err.splitlines() if " mv " in line]
    assert shell.sh("\n".join(mended)).code == 0
    shell.good("up", "--no-flow")


def test_no_git_on_the_machine(make_shell: Any, tmp_path: Path) -> None:
    """Only `lab git` needs git: it says LAB013 with 3 and which package brings it; doctor tells and stays well."""
    shell = make_shell("nogit", "flows: []\n")
    shell.good("up", "--no-flow")
    for name in ("sh", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or "/bin/sh")
    said = shell.lab("git", "clone", "nephio-my-ran", PATH=str(tmp_path))
    assert (said.code, "LAB013" in said.err) == (3, True)
    assert "apt-get install git" in said.err
    assert "LAB013" in shell.lab("doctor", PATH=str(tmp_path)).out


# -- the installer -------------------------------------------------------------------------------------------


def install(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs tools/install as `make` does, in a folder."""
    return subprocess.run(
        ["/bin/sh", str(INSTALLER), ".venv", "kubectl", "ready"],
        cwd=folder,
        env={"HOME": str(folder), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs in which there is no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "printf", "grep", "sed", "tail", "rm", "touch", "pwd", "ls", "dirname", "cat"):
        (folder / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    return folder


def test_an_old_python(tmp_path: Path, bare: Path) -> None:
    """A python3 that is too old is named with what it is, and what to install; nothing is made."""
    old = bare / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 || exit 1\n')
    old.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    done = install(work, PATH=str(bare))
    assert done.returncode == 3
    assert "LAB015" in done.stderr
    assert "Python 3.9.2" in done.stderr
    assert "Next" in done.stderr
    assert list(work.iterdir()) == []


def test_no_python_at_all(tmp_path: Path, bare: Path) -> None:
    """Without any Python the same code says what brings one."""
    work = tmp_path / "work"
    work.mkdir()
    done = install(work, PATH=str(bare))
    assert (done.returncode, "LAB015" in done.stderr) == (3, True)
    assert list(work.iterdir()) == []


def test_no_network(tmp_path: Path) -> None:
    """Without a package index the installer says LAB016 with the reason and what to type; `make` will try again."""
    work = tmp_path / "with space"
    work.mkdir()
    (work / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "nothing"\nversion = "0"\n[project.optional-dependencies]\nkubectl = []\n'
    )
    # A virtual environment that is there already, so that only the packages are missing.
    (work / ".venv" / "bin").mkdir(parents=True)
    python = work / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    target = str(tmp_path / "target")
    done = install(work, PATH=os.environ["PATH"], PIP_NO_INDEX="1", PIP_TARGET=target, PIP_NO_CACHE_DIR="1")
    assert done.returncode == 3
    assert "LAB016" in done.stderr
    assert "make install" in done.stderr
    assert not (work / ".venv" / ".ready").exists()


def test_a_folder_that_the_installer_cannot_write() -> None:
    """LAB011 before anything is made."""
    done = install(Path("/sys/kernel"), PATH=os.environ["PATH"])
    assert done.returncode == 3
    assert "LAB011" in done.stderr or "LAB016" in done.stderr
