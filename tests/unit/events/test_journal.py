"""The journal: whole lines are kept, a cut last line is normal, a damaged one in the middle is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors.base import LabError
from lab.events import kinds as k
from lab.events.journal import Journal
from lab.events.records import Record
from lab.kit.clock import VIRTUAL_EPOCH

RECORDS = [Record(i, VIRTUAL_EPOCH, k.AgentStarted(f"c{i}")) for i in range(1, 4)]


def written(path: Path) -> Path:
    """A journal of three records."""
    journal = Journal(path)
    journal.open()
    for record in RECORDS:
        journal.append(record)
    journal.close()
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Records come back as they were."""
    assert Journal(written(tmp_path / "j.jsonl")).read() == RECORDS


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_cut_last_line_is_dropped_and_written_over(tmp_path: Path, cut: int) -> None:
    """After a crash in the middle of a write the journal goes on behind the last whole line."""
    path = written(tmp_path / "j.jsonl")
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(path)

    assert journal.open() == RECORDS[:2]
    journal.append(RECORDS[2])
    journal.close()
    assert Journal(path).read() == RECORDS


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    """Damage before the end is LAB030 with its line, and the file is left as it is."""
    path = written(tmp_path / "j.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    damaged = lines[0] + b"{nonsense\n" + lines[2]
    path.write_bytes(damaged)

    with pytest.raises(LabError) as caught:
        Journal(path).open()

    assert caught.value.code == "LAB030"
    assert caught.value.place is not None
    assert caught.value.place.line == 2
    assert path.read_bytes() == damaged


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    """A lab that never ran has no records."""
    assert Journal(tmp_path / "none").read() == []
