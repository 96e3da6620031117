"""`lab test`: what it hands to pytest, and what it leaves with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.cli import testing
from lab.cli.app import run


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What pytest was called with, in a folder with scenarios; the exit code is the last argument `code=N`, else 0."""
    calls: list[list[str]] = []

    def called(line: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        assert not check
        calls.append(line)
        code = next((int(word[5:]) for word in line if word.startswith("code=")), 0)
        return subprocess.CompletedProcess(line, code)

    (tmp_path / "scenarios").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", called)
    return calls


def test_defaults(handed: list[list[str]]) -> None:
    """Without a word it runs ./scenarios, with exit codes that tell who must act."""
    assert run(["test"]) == 0
    assert handed[0][1:3] == ["-m", "pytest"]
    assert "--lab-exit-codes" in handed[0]
    assert handed[0][-1] == "scenarios"


def test_everything_goes_to_pytest(handed: list[list[str]]) -> None:
    """The lab's own options are pytest's, others go through as they are, and given paths replace the default."""
    words = ["test", "-x", "-n", "2", "-k", "smoke", "--junitxml", "r.xml", "--pdb", "--lf", "scenarios"]
    assert run(words) == 0
    for word in ("-x", "--junitxml=r.xml", "--pdb", "--lf"):
        assert word in handed[0]
    assert handed[0][handed[0].index("-k") + 1] == "smoke"
    assert handed[0][handed[0].index("-n") + 1] == "2"
    assert handed[0].count("scenarios") == 1


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 1), (2, 2), (4, 2), (6, 6), (70, 70)])
def test_exit_codes(handed: list[list[str]], code: int, expected: int) -> None:
    """A wrong option is a usage error; what the plugin decided is passed on."""
    assert run(["test", f"code={code}"]) == expected


def test_nothing_matched(handed: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to run is LABT04, exit 8, whether the selection or the folder is empty."""
    assert run(["test", "code=8"]) == 8
    assert "LABT04" in capsys.readouterr().err
    Path("scenarios").rmdir()
    assert run(["test"]) == 8
    assert "LABT04" in capsys.readouterr().err


@pytest.mark.parametrize(("module", "words"), [("pytest", []), ("xdist", ["-n", "2"])])
def test_what_is_missing_is_named(
    handed: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: str,
    words: list[str],
) -> None:
    """Without pytest, or without pytest-xdist where it is asked for: LAB016, exit 3, with the line that installs it."""
    monkeypatch.setattr(testing.importlib.util, "find_spec", lambda name: None if name == module else object())
    assert run(["test", *words]) == 3
    said = capsys.readouterr().err
    assert "LAB016" in said
    assert "-m pip install 'nephio-lab[test]'" in said
    assert handed == []
