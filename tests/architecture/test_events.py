"""Every fact that can be recorded is told, published, and described."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from lab.events.kinds import KINDS, Event
from lab.reports import timeline

SOURCES = ("lab/events/kinds.py", "lab/reports/timeline.py")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_a_line_in_the_timeline(kind: type[Event]) -> None:
    """No fact is shown to people as bare data."""
    assert kind in timeline._TELLERS


@pytest.fixture(scope="module")
def called(root: Path) -> set[str]:
    """Everything that is called somewhere in lab/, as the source names it."""
    files = (f for f in (root / "lab").rglob("*.py") if str(f.relative_to(root)) not in SOURCES)
    return {name for file in files for name in re.findall(r"\b(\w+)\(", file.read_text())}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_published_somewhere(called: set[str], name: str) -> None:
    """There is no fact that never happens."""
    assert name in called


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_is_frozen_and_described(kind: type[Event]) -> None:
    """A fact cannot be changed, and its docstring says what it means."""
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "(" not in (inspect.getdoc(kind) or "(")[:1]
    assert all(field.name.isidentifier() for field in dataclasses.fields(kind))
