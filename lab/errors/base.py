"""The one error that reaches a person: a code, what happened, why, and what to do next.

Codes are `LAB` and three digits, the first being the stage (0: the machine and the start), `LABT` for scenarios
and `LABL` for lessons. The catalog knows every code; raising an unknown one is a mistake of ours and fails at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from lab.errors.catalog import CATALOG


class ExitCode(IntEnum):
    """What the process says to its caller, split by who must act."""

    DONE = 0
    YOURS = 1
    USAGE = 2
    MACHINE = 3
    NO_SUCH = 4
    OUT_OF_TIME = 5
    LAB_BROKE = 6
    REFUSED = 7
    NOTHING_MATCHED = 8
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: `line` and `column` count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


class LabError(Exception):
    """Something a person has to know.

    `what` is one sentence in the person's words; `why` the cause as far as known; `next_steps` are lines that work
    when pasted; `place` the file, line and column at fault; `kept` where evidence lies.
    """

    def __init__(
        self,
        code: str,
        what: str,
        why: str = "",
        next_steps: Sequence[str] = (),
        *,
        place: Place | None = None,
        kept: str = "",
        exit_code: ExitCode | None = None,
    ) -> None:
        super().__init__(f"{code} {what}")
        entry = CATALOG[code]
        self.code = code
        self.what = what
        self.why = why
        self.next_steps = tuple(next_steps)
        self.place = place
        self.kept = kept
        self.exit_code = exit_code if exit_code is not None else ExitCode(entry.exit_code)

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON data (schema `lab.error/v1`)."""
        return {
            "schema": "lab.error/v1",
            "code": self.code,
            "what": self.what,
            "why": self.why,
            "next": list(self.next_steps),
            "place": str(self.place) if self.place else None,
            "kept": self.kept or None,
            "exit": int(self.exit_code),
        }

    def as_text(self) -> str:
        """The error as lines for a person, in the fixed order: what, where, why, next, kept."""
        lines = [f"{self.code}  {self.what}"]
        if self.place:
            lines.append(f"  Where  {self.place}")
        for label, text in (("Why", self.why),):
            if text:
                first, *rest = text.splitlines()
                lines.append(f"  {label:<5}  {first}")
                lines.extend(f"         {line}" for line in rest)
        for index, step in enumerate(self.next_steps):
            lines.append(f"  {'Next ' if index == 0 else '     '}  {step}")
        if self.kept:
            lines.append(f"  Kept   {self.kept}")
        return "\n".join(lines)
