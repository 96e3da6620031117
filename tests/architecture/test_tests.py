"""Every file of lab/ is tested by a file of its own name, or stands in untested.yaml with a reason."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="module")
def rows(root: Path) -> list[dict[str, Any]]:
    """The rows of untested.yaml."""
    return list(yaml.safe_load((root / "tests/architecture/untested.yaml").read_text()))


@pytest.fixture(scope="module")
def alone(root: Path) -> list[str]:
    """Every file of lab/ without a unit test of its own name."""
    files = [file.relative_to(root / "lab") for file in (root / "lab").rglob("*.py") if file.name != "__init__.py"]
    return [f"lab/{f}" for f in files if not (root / "tests/unit" / f.parent / f"test_{f.name.lstrip('_')}").exists()]


def test_every_file_is_tested_somewhere(rows: list[dict[str, Any]], alone: list[str]) -> None:
    """A file without its unit test stands in the list."""
    patterns = [pattern for row in rows for pattern in row["files"]]

    assert [file for file in alone if not any(_covers(pattern, file) for pattern in patterns)] == []


def test_no_row_is_left_over(rows: list[dict[str, Any]], alone: list[str]) -> None:
    """A pattern that no longer matches a file without a test is taken out."""
    patterns = [pattern for row in rows for pattern in row["files"]]

    assert [pattern for pattern in patterns if not any(_covers(pattern, file) for file in alone)] == []


def test_every_row_names_its_tests_and_its_reason(root: Path, rows: list[dict[str, Any]]) -> None:
    """What tests a file instead exists, and why it does is a sentence."""
    assert [test for row in rows for test in row["by"] if not (root / test).exists()] == []
    assert [row["files"] for row in rows if not row["why"].endswith(".")] == []


def _covers(pattern: str, file: str) -> bool:
    return fnmatch(file, pattern) and pattern.count("/") == file.count("/")
