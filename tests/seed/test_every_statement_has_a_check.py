"""The table of the document's statements is whole: every line that says something has a check that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("claim", "box", "arrow", "yaml", "command", "row", "question")
LAST_LINE = 386
STRUCTURE = """
1-4 6 11-16 19 28 37-39 45 50 52 58-59 61 66 71 76-84 86-88 91-92 96 98 101 105-106 108 111-112 118-125 131 136-138
143 150-154 156 163-165 170 172 182-184 190-196 198 202-203 207-212 214 220-225 231-232 238-240 244-252 257-258 262-263
265-267 272 274-275 277-279 284-285 289-290 292-293 296 299-307 310 314-317 319 323-328 332-333 338 342-343 348 352-353
356-364 372-375 377 380 382-385
"""
"""Lines of the document that say nothing by themselves: headings, frames, rules, introductions of lists, empty ones."""


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """docs/seed.yaml."""
    return dict(yaml.safe_load((ROOT / "docs/seed.yaml").read_text()))


@pytest.fixture(scope="module")
def statements(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Every statement, in the order of the table."""
    return [entry for chapter in data["chapters"] for entry in chapter["statements"]]


def test_every_statement_has_a_check(data: dict[str, Any], statements: list[dict[str, Any]]) -> None:
    """A statement names at least one check, and every name stands for a test."""
    assert [entry for entry in statements if not entry["checks"]] == []
    assert {check for entry in statements for check in entry["checks"]} - set(data["checks"]) == set()


def test_every_check_is_a_test(data: dict[str, Any]) -> None:
    """A check is a scenario that is there, or a test function that is there."""
    assert [test for test in data["checks"].values() if not _exists(test)] == []


def test_every_check_is_used(data: dict[str, Any], statements: list[dict[str, Any]]) -> None:
    """A check that proves no statement is taken out."""
    assert set(data["checks"]) - {check for entry in statements for check in entry["checks"]} == set()


def test_statements_are_well_formed(statements: list[dict[str, Any]]) -> None:
    """A statement has lines of the document, what it is, and a sentence."""
    for entry in statements:
        assert re.fullmatch(r"\d+(-\d+)?", str(entry["lines"])), entry
        assert 1 <= _lines(entry)[0] <= _lines(entry)[-1] <= LAST_LINE, entry
        assert entry["kind"] in KINDS, entry
        assert entry["says"].endswith("."), entry


def test_no_line_is_left_out(statements: list[dict[str, Any]]) -> None:
    """Every line of the document that says something belongs to a statement."""
    covered = {line for entry in statements for line in _lines(entry)}
    silent = {line for lines in STRUCTURE.split() for line in _lines({"lines": lines})}

    assert set(range(1, LAST_LINE + 1)) - silent - covered == set()
    assert silent & covered == set()


def _lines(entry: dict[str, Any]) -> range:
    first, _, last = str(entry["lines"]).partition("-")
    return range(int(first), int(last or first) + 1)


def _exists(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / file
    if not path.is_file():
        return False
    if path.suffix == ".yaml":
        return name == path.parent.name
    tree = ast.parse(path.read_text())
    return name.partition("[")[0] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
