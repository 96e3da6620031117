"""What the tests of the house share: its modules as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="module")
def modules(root: Path) -> Mapping[str, ast.Module]:
    """Every module of lab/ by its path, such as `lab/model/stage.py`."""
    files = sorted((root / "lab").rglob("*.py"))
    return {str(file.relative_to(root)): ast.parse(file.read_text()) for file in files}
