"""The page of a journal from elsewhere: read whole, checked, and served with no lab behind it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import orjson

from lab.errors.base import LabError, Place
from lab.events.records import SCHEMA, Record, from_dict
from lab.web.door import PageDoor
from lab.web.tape import Tape


def read_journal(path: Path) -> list[Record]:
    """The records of a journal file; an unfinished last line is left out, as after a crash.

    Raises LabError LAB030: there is no such file, nothing is in it, a line is no event, or a newer lab wrote it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LabError("LAB030", f"{path} cannot be read.", error.strerror or str(error), ["lab logs"]) from error
    *lines, unfinished = content.split(b"\n")
    if unfinished and _document(unfinished) is not None:
        lines.append(unfinished)
    records: list[Record] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            records.append(_record(path, number, line, records[-1].seq if records else 0))
    if not records:
        raise LabError("LAB030", f"{path} holds no event.", "A lab's journal is `.lab/NAME/journal.jsonl`.")
    return records


async def serve_file(records: list[Record], title: str, port: int, tell: Callable[[str], None]) -> None:
    """Serve the page over records until cancelled; `tell` hears the address once it listens."""
    door = PageDoor(Tape(records), token=secrets.token_urlsafe(24), live=False, title=title)
    tell(await door.open(port))
    try:
        await asyncio.Event().wait()
    finally:
        await door.close()


def _record(path: Path, number: int, line: bytes, before: int) -> Record:
    document = _document(line)
    place = Place(str(path), number)
    if document is None:
        raise LabError("LAB030", "The journal holds a line that is no event.", "It is not JSON.", place=place)
    if document.get("schema") != SCHEMA:
        why = f"It says {document.get('schema')!r}; this lab reads {SCHEMA!r}."
        raise LabError("LAB030", "The journal is of another version.", why, ["lab version"], place=place)
    try:
        record = from_dict(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"A newer lab may have written it: {type(error).__name__}: {error}"
        raise LabError(
            "LAB030", "The journal holds an event that is not known.", why, ["lab version"], place=place
        ) from (error)
    if record.seq <= before:
        why = f"Number {record.seq} comes after {before}."
        raise LabError("LAB030", "The journal is out of order.", why, place=place)
    return record


def _document(line: bytes) -> dict[str, object] | None:
    try:
        found = orjson.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
