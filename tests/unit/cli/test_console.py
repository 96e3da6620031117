"""The console: data to stdout, talk to stderr, 80 columns, plain where nobody watches."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli.console import WIDTH, Console, table, wrap
from lab.events.watching import Waiting


def made(**options: bool) -> Console:
    """A console whose streams can be read."""
    return Console(stdout=io.StringIO(), stderr=io.StringIO(), **options)


def test_data_and_talk_never_mix() -> None:
    """JSON goes to stdout alone, everything said to stderr."""
    console = made()
    console.say("talk")
    console.tick("part", "up", 1.0)
    console.json({"a": 1})

    assert json.loads(console.stdout.getvalue()) == {"a": 1}
    assert "talk" in console.stderr.getvalue()


def test_quiet_leaves_talk_out_and_keeps_complaints() -> None:
    """`--quiet` silences talk, not warnings or data."""
    console = made(quiet=True)
    console.say("talk")
    console.complain("Warning: x")
    console.out("data")

    assert console.stderr.getvalue() == "Warning: x\n"
    assert console.stdout.getvalue() == "data\n"


def test_without_a_terminal_there_is_no_color() -> None:
    """Streams that are no terminal get no escape sequences."""
    console = made()
    console.tick("part", console.style("up", "good"))

    assert "\x1b" not in console.stderr.getvalue()


def test_a_tick_keeps_within_the_columns() -> None:
    """Long texts go on below, and the seconds stay at the right."""
    console = made()
    console.tick("context", "word " * 30, 12.34)

    assert all(len(line) <= WIDTH for line in console.stderr.getvalue().splitlines())
    assert "12.3s" in console.stderr.getvalue()


def test_a_plain_wait_is_told_now_and_then() -> None:
    """Without a terminal a wait is told every few seconds with what was seen last."""
    console = made()
    for second in range(12):
        console.waiting(Waiting("x at ready", "at pull", float(second), 60.0))

    assert len(console.stderr.getvalue().splitlines()) == 2


@given(st.text(alphabet="ab./- \n", max_size=200), st.integers(16, 40))
def test_wrapped_lines_fit(text: str, width: int) -> None:
    """No line is longer than the width, and nothing but space is lost."""
    lines = wrap(text, width)

    assert all(len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize("width", [40, 80])
def test_a_table_fits_its_width(width: int) -> None:
    """Columns are aligned and the last one is wrapped."""
    lines = table([("a", "b", "word " * 30), ("aaa", "bb", "x")], header=("one", "two", "three"), width=width)

    assert all(len(line) <= width for line in lines)
    assert lines[0].split() == ["one", "two", "three"]
