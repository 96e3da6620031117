"""Codes: one catalog, and everything that speaks of codes agrees with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.errors.base import ExitCode
from lab.errors.catalog import CATALOG
from lab.model.stage import ORDER

CODE = re.compile(r"\bLAB(?:\d{3}|[TL]\d{2})\b")


@pytest.fixture(scope="module")
def spoken(root: Path) -> dict[str, str]:
    """Every code that the program's text speaks of, outside of the catalog, and a file where it does."""
    files = [f for f in (root / "lab").rglob("*.py") if f.name != "catalog.py"]
    return {code: str(file.relative_to(root)) for file in files for code in CODE.findall(file.read_text())}


def test_every_code_that_is_raised_is_catalogued(spoken: dict[str, str]) -> None:
    """`lab explain` knows every code that a person can meet."""
    assert {code: file for code, file in spoken.items() if code not in CATALOG} == {}


def test_every_catalogued_code_can_be_met(spoken: dict[str, str]) -> None:
    """The catalog holds no code that nothing raises."""
    assert sorted(set(CATALOG) - set(spoken)) == []


def test_every_code_has_its_place_in_the_page(root: Path) -> None:
    """docs/errors.md has one heading a code, in the order of the catalog."""
    headings = re.findall(r"^### (LAB\S+) (.*)$", (root / "docs/errors.md").read_text(), re.MULTILINE)

    assert [(entry.code, entry.title) for entry in CATALOG.values()] == headings


def test_pages_speak_of_known_codes_only(root: Path) -> None:
    """What people read names no code that does not exist."""
    pages = [*root.glob("*.md"), *(root / "docs").glob("*.md"), *(root / "scenarios").rglob("*.yaml")]
    found = {code: str(page) for page in pages for code in CODE.findall(page.read_text())}

    assert {code: page for code, page in found.items() if code not in CATALOG} == {}


@pytest.mark.parametrize("code", CATALOG)
def test_an_entry_is_fit_for_people(code: str) -> None:
    """An entry has a title without a period, a text of sentences, an exit code of the table, and a stage's digit."""
    entry = CATALOG[code]

    assert entry.title
    assert not entry.title.endswith(".")
    assert entry.text.rstrip().endswith((".", ":")), entry.text
    assert entry.exit_code in {int(known) for known in ExitCode}
    assert code[3] in "TL0" or 1 <= int(code[3]) <= len(ORDER)
