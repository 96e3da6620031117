"""The stream on disk: one JSON document a line, appended, readable while it grows.

A crash can cut the last line: it is dropped on reading and overwritten by the next append. A damaged line in the
middle is an error, LAB030: the journal is never shortened in silence.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import orjson

from lab.errors.base import LabError, Place
from lab.events.records import Record, from_dict


class Journal:
    """A journal file; create it with the path, `open` it to append."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def read(self) -> list[Record]:
        """Every whole record, oldest first; an absent file is an empty journal. Raises LabError LAB030."""
        return list(self.scan(self.path.read_bytes())) if self.path.exists() else []

    def scan(self, content: bytes) -> Iterator[Record]:
        """The records of a journal's bytes. Raises LabError LAB030 with the line at fault."""
        *whole_lines, _unfinished = content.split(b"\n")
        for number, line in enumerate(whole_lines, 1):
            try:
                yield from_dict(orjson.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise LabError(
                    "LAB030",
                    "The journal holds a line that is no event.",
                    f"{type(error).__name__}: {error}",
                    [
                        f"mv {str(self.path)!r} {str(self.path) + '.damaged'!r}",
                        "lab up",
                    ],
                    place=Place(str(self.path), number),
                ) from error

    def open(self) -> list[Record]:
        """Read what is there, cut off an unfinished last line, and be ready to append; returns the records."""
        records = self.read()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._cut_unfinished_line()
        self._file = self.path.open("ab")
        return records

    def append(self, record: Record) -> None:
        """Write one line and hand it to the system, so that a killed process loses nothing of it."""
        if self._file is None:
            raise ValueError("the journal is not open")
        self._file.write(orjson.dumps(record.as_dict(), option=orjson.OPT_NON_STR_KEYS) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Stop appending."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _cut_unfinished_line(self) -> None:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole != len(content):
            os.truncate(self.path, whole)
