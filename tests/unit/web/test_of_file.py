"""A journal from elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from lab.errors.base import LabError
from lab.events.records import Record
from lab.web.of_file import read_journal, serve_file


@pytest.fixture
def journal(tmp_path: Path, records: list[Record]) -> Path:
    """The road as a journal file."""
    file = tmp_path / "journal.jsonl"
    file.write_bytes(b"".join(orjson.dumps(record.as_dict()) + b"\n" for record in records))
    return file


def test_a_journal_is_read_whole(journal: Path, records: list[Record]) -> None:
    """What was written is read; a cut last line is left out, a whole one without its end is not."""
    assert read_journal(journal) == records
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-30])
    assert read_journal(journal) == records[:-1]
    journal.write_bytes(whole.rstrip(b"\n"))
    assert read_journal(journal) == records


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"not json", "no event"),
        (b'{"schema":"lab.event/v2","seq":99}', "another version"),
        (b'{"schema":"lab.event/v1","seq":99,"at":"2030-01-01T00:00:00Z","kind":"New","data":{}}', "not known"),
        (b'{"schema":"lab.event/v1","seq":99,"at":"x","kind":"LabStopped","data":{"lab":"a"}}', "not known"),
        (
            b'{"schema":"lab.event/v1","seq":3,"at":"2030-01-01T00:00:00Z","kind":"LabStopped","data":{"lab":"a"}}',
            "order",
        ),
    ],
)
def test_a_bad_line_is_named(journal: Path, line: bytes, what: str) -> None:
    """LAB030 with the file and the line."""
    journal.write_bytes(journal.read_bytes() + line + b"\n")
    with pytest.raises(LabError) as raised:
        read_journal(journal)

    assert raised.value.code == "LAB030"
    assert what in raised.value.what
    assert str(raised.value.place) == f"{journal}:15"


def test_no_file_and_no_event_are_told(tmp_path: Path) -> None:
    """A folder, a missing file and an empty one."""
    (tmp_path / "empty").write_bytes(b"\n")
    for name in ("", "missing", "empty"):
        with pytest.raises(LabError, match="LAB030"):
            read_journal(tmp_path / name)


def test_it_is_served_until_told_to_stop(records: list[Record]) -> None:
    """The address is told once it listens."""

    async def serve() -> None:
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve_file(records, "journal.jsonl", 0, told.set_result))
        assert "/?token=" in await told
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(serve())
