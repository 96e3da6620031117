"""Where words go: data to stdout, talk to stderr, and neither ever into the other's place.

On a terminal, one line moves while something is awaited; elsewhere each fact is a line of its own. `NO_COLOR`, `CI`,
`--plain` and a stderr that is no terminal all mean plain lines.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.status import Status

    from lab.events.watching import Waiting

WIDTH = 80
NARROWEST = 10
"""No column of a table is made narrower than this."""
PLAIN_INTERVAL = 5.0
"""Without a terminal, a wait is told again after so many seconds."""

_COLORS = {"good": "32", "bad": "31", "warn": "33", "dim": "2", "bold": "1", "line": "36"}


@dataclass(slots=True)
class Console:
    """What every verb is handed: how to speak, and which lab is meant."""

    plain: bool = False
    quiet: bool = False
    verbose: bool = False
    lab: str = ""
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    _status: Status | None = None
    _told: float = 0.0

    @property
    def moving(self) -> bool:
        """True where a line may be rewritten."""
        return not self.plain and "CI" not in os.environ and self.stderr.isatty()

    @property
    def width(self) -> int:
        """Columns to write in, at most 100, 80 without a terminal."""
        return min(shutil.get_terminal_size((WIDTH, 24)).columns, 100)

    def style(self, text: str, kind: str, stream: TextIO | None = None) -> str:
        """`text` in the color of a kind (`good`, `bad`, `warn`, `dim`, `bold`, `line`) where colors are welcome."""
        target = stream or self.stderr
        if self.plain or "NO_COLOR" in os.environ or not target.isatty():
            return text
        return f"\x1b[{_COLORS[kind]}m{text}\x1b[0m"

    def say(self, text: str = "") -> None:
        """Talk: a line for people on stderr, left out with `--quiet`."""
        if not self.quiet:
            self._settle()
            print(text, file=self.stderr, flush=True)

    def complain(self, text: str) -> None:
        """Talk that `--quiet` does not leave out."""
        self._settle()
        print(text, file=self.stderr, flush=True)

    def out(self, text: str = "") -> None:
        """Data: text on stdout."""
        self._settle()
        print(text, file=self.stdout, flush=True)

    def json(self, data: Any) -> None:
        """Data: one JSON document on stdout."""
        import orjson

        self.out(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())

    def tick(self, name: str, text: str, took: float | None = None, *, good: bool = True) -> None:
        """One finished thing: a mark, its name, what came of it, and the seconds it took."""
        mark = self.style("✓", "good") if good else self.style("✗", "bad")
        shown = f"{took:.1f}s" if took is not None else ""
        room = WIDTH - 17 - len(shown) - 1
        lines = wrap(text, room) or [""]
        self.say(f"  {mark} {name:<12} {lines[0]:<{room}} {shown}".rstrip())
        for line in lines[1:]:
            self.say(f"{'':<17}{line}")

    def waiting(self, wait: Waiting) -> None:
        """A wait in progress: what for, what was seen last, elapsed and limit."""
        text = f"{wait.what}  {wait.elapsed:.0f}s, stops at {wait.limit:.0f}s"
        if self.moving:
            self._moving_line(f"{text}  {wait.seen}")
        elif not self.quiet and wait.elapsed - self._told >= PLAIN_INTERVAL:
            self._told = wait.elapsed
            print(f"  … {text}: {wait.seen}", file=self.stderr, flush=True)

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Show `what` while the block runs, on a terminal only."""
        if self.moving:
            self._moving_line(what)
        try:
            yield
        finally:
            self._settle()

    def _moving_line(self, text: str) -> None:
        from rich.console import Console as RichConsole
        from rich.markup import escape

        line = escape(text[: self.width - 4])
        if self._status is None:
            console = RichConsole(file=self.stderr, highlight=False)
            self._status = console.status(line)
            self._status.start()
        else:
            self._status.update(line)

    def _settle(self) -> None:
        self._told = 0.0
        if self._status is not None:
            self._status.stop()
            self._status = None


def table(
    rows: Sequence[Sequence[str]], *, header: Sequence[str] = (), indent: int = 2, width: int = WIDTH
) -> list[str]:
    """Rows as aligned lines of at most `width` columns; what is too wide is wrapped in its column, not cut."""
    every = ([list(header)] if header else []) + [list(row) for row in rows]
    if not every:
        return []
    widths = _widths([max(len(row[i]) for row in every) for i in range(len(every[0]))], width - indent)
    lines = []
    for row in every:
        cells = [wrap(cell, wide) or [""] for cell, wide in zip(row, widths, strict=True)]
        for number in range(max(len(cell) for cell in cells)):
            shown = [cell[number] if number < len(cell) else "" for cell in cells]
            text = "  ".join(part.ljust(wide) for part, wide in zip(shown, widths, strict=True))
            lines.append((" " * indent + text).rstrip())
    return lines


def _widths(widths: list[int], room: int) -> list[int]:
    """The widths of the columns, the widest made narrower until all fit, the last one first where two are as wide."""
    while sum(widths) + 2 * (len(widths) - 1) > room and max(widths) > NARROWEST:
        widest = max(range(len(widths)), key=lambda i: (widths[i], i))
        widths[widest] -= 1
    return widths


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns; a longer word is broken behind a dot, slash or dash."""
    import textwrap

    lines: list[str] = []
    for part in text.splitlines():
        for line in textwrap.wrap(part, width, break_long_words=False, break_on_hyphens=False) or [""]:
            lines += _broken(line, width)
    return lines


def _broken(line: str, width: int) -> list[str]:
    pieces = []
    while len(line) > width:
        cut = max(line.rfind(sign, 0, width) for sign in "./-@ ") + 1 or width
        pieces.append(line[:cut].rstrip())
        line = line[cut:].lstrip()
    return [*pieces, line]
