"""The embedded lab over files that were cut, damaged or cannot be written: a code, the place, and nothing half-made."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.errors.base import ExitCode, LabError
from lab.events.journal import Journal
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop
from lab.kube.client import KubeError
from lab.kube.paths import CONFIG_MAP, NAMESPACE
from lab.scenarios.running import run_flows
from lab.wiring.embedded import EmbeddedLab, cannot_be_pulled, start_embedded
from lab.wiring.wanted import lab_for_test

FLOW = {"package": "cluster-baseline", "to": "my-ran"}


class Starts:
    """Starts and stops a lab with its state in a folder, one after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = VirtualTimeLoop()
        self.lab: EmbeddedLab | None = None

    def up(self, *, flows: bool = False) -> EmbeddedLab:
        """Starts the lab."""
        spec = replace(lab_for_test({"flows": [FLOW]}), api_port=0, git_port=0)
        clock = LoopClock(self.loop)
        self.lab = self.do(start_embedded(spec, self.folder, clock=clock, sockets=False))
        assert self.lab is not None
        self.lab.bench.route = self.lab.git
        if flows:
            self.do(run_flows(self.lab.bench, lambda _name, _text, _took: None))
        return self.lab

    def down(self) -> None:
        """Stops it; its state stays."""
        if self.lab is not None:
            lab, self.lab = self.lab, None
            self.do(lab.bench.close())
            self.do(lab.stop())

    def refused(self) -> LabError:
        """The error with which a start is refused."""
        before = contents(self.folder)
        with pytest.raises(LabError) as caught:
            self.up()
        assert contents(self.folder) == before, "a start that is refused changes nothing that people may want to save"
        return caught.value

    def do(self, doing: Any) -> Any:
        """Runs a coroutine."""
        return self.loop.run_until_complete(doing)

    def close(self) -> None:
        """The end of the test."""
        self.down()
        self.do(self.loop.shutdown_asyncgens())
        self.do(self.loop.shutdown_default_executor())
        self.loop.close()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but those of SQLite, which moves changes between them by itself."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith("api.sqlite"))
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


@pytest.fixture
def starts(tmp_path: Path) -> Iterator[Starts]:
    """A folder to start labs in."""
    made = Starts(tmp_path / "demo")
    yield made
    made.close()


def test_everything_is_there_after_a_restart(starts: Starts) -> None:
    """Objects, history, trails and ports survive; the journal goes on without doubling a fact."""
    first = starts.up(flows=True)
    told, url = len(first.bus.records), first.git.url
    starts.down()
    second = starts.up(flows=True)
    kinds = [type(r.event).__name__ for r in second.bus.records]
    assert second.git.url == url
    assert kinds.count("Committed") == 4
    assert kinds.count("DraftCreated") == 4
    assert [r.seq for r in second.bus.records] == list(range(1, len(kinds) + 1))
    assert len(kinds) > told
    assert starts.do(second.bench.kube("my-ran").get(NAMESPACE, "openairinterface")) is not None


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_journal_cut_at_the_end(starts: Starts, cut: int) -> None:
    """A last line that a crash cut is dropped, and the lab goes on."""
    starts.up(flows=True)
    starts.down()
    file = starts.folder / "journal.jsonl"
    whole = len(Journal(file).read())
    file.write_bytes(file.read_bytes()[:-cut])
    lab = starts.up(flows=True)
    assert len(lab.bus.records) >= whole - 1
    assert lab.bench.board.trail("cluster-baseline", "my-ran").finished  # type: ignore[union-attr]


def test_a_journal_cut_in_the_middle(starts: Starts) -> None:
    """A damaged line in the middle is LAB030 with its number; the journal is left as it is."""
    starts.up()
    starts.down()
    file = starts.folder / "journal.jsonl"
    lines = file.read_bytes().split(b"\n")
    lines[2] = lines[2][:20]
    file.write_bytes(b"\n".join(lines))
    error = starts.refused()
    assert (error.code, error.exit_code) == ("LAB030", ExitCode.LAB_BROKE)
    assert error.place is not None
    assert error.place.line == 3
    assert any(step.startswith("mv ") for step in error.next_steps)


def _overwrite(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for at in range(4096, len(content), 997):
        content[at] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"this is no database, whatever its name says" * 40),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        _overwrite,
    ],
    ids=["nonsense", "half", "bits"],
)
def test_a_damaged_database(starts: Starts, spoil: Callable[[Path], object]) -> None:
    """A database that cannot be read is LAB031, is never emptied in silence, and the step that helps exists."""
    starts.up(flows=True)
    starts.down()
    file = starts.folder / "api.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for beside in starts.folder.glob("api.sqlite-*"):
        beside.unlink()
    spoil(file)
    spoiled = file.read_bytes()
    error = starts.refused()
    assert file.read_bytes() == spoiled
    assert (error.code, error.exit_code) == ("LAB031", ExitCode.LAB_BROKE)
    assert str(file) in error.kept
    assert "--delete" not in " ".join(error.next_steps)
    assert any(step.startswith("lab down") for step in error.next_steps)


def test_a_damaged_repository(starts: Starts) -> None:
    """A repository whose objects are gone is LAB032 and named."""
    starts.up(flows=True)
    starts.down()
    folder = next(starts.folder.glob("git/*/nephio-my-ran.git"))
    for file in [p for p in (folder / "objects").rglob("*") if p.is_file()]:
        file.chmod(0o644)
        file.write_bytes(b"")
    error = starts.refused()
    assert (error.code, error.exit_code) == ("LAB032", ExitCode.LAB_BROKE)
    assert "nephio-my-ran" in error.what


def test_a_full_disk(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that the disk has no room for is refused to who asked, nothing of it is kept, and space lets it go on."""
    lab = starts.up()
    kube = lab.bench.kube("my-ran")
    store: Any = lab.api._store
    assert store is not None
    real = store._connection

    class Full:
        """A connection whose disk is full."""

        def execute(self, statement: str, values: Any = ()) -> Any:
            """Refuses what would grow the file."""
            if statement.startswith(("INSERT", "COMMIT")):
                raise sqlite3.OperationalError("database or disk is full")
            return real.execute(statement, values)

        def close(self) -> None:
            """Closes."""
            real.close()

    one = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "default"}}
    monkeypatch.setattr(store, "_connection", Full())
    with pytest.raises((KubeError, LabError)) as caught:
        starts.do(kube.create(CONFIG_MAP, one, namespace="default"))
    assert "full" in str(caught.value) or "LAB012" in str(caught.value)
    monkeypatch.setattr(store, "_connection", real)


def test_a_full_disk_at_the_start(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start on a full disk is an error of the system that names it, not a half-made lab that runs."""

    def full(*_words: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("lab.wiring.git_side.write_atomic", full)
    with pytest.raises((OSError, LabError)) as caught:
        starts.up()
    assert "space" in str(caught.value).lower()


def test_images_that_cannot_be_pulled() -> None:
    """A host below `.invalid` exists nowhere; a plain name or any other host is taken to be there."""
    assert [cannot_be_pulled(i) for i in ("registry.invalid/a:1", "x.invalid:5000/a", "invalid/a", "a:1")] == [
        True,
        True,
        False,
        False,
    ]
