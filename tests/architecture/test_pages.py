"""What is written for people names things that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.cli.app import VERBS

LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
TARGET = re.compile(r"(?:`|^)make ([a-z]+(?:-[a-z]+)?)\b", re.MULTILINE)
PATHS = re.compile(r"`((?:lab|tests|scenarios|tools|docs|packages|examples)/[a-z_0-9./-]*)`")
NAMES = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "GLOSSARY.md",
    "docs/embedded.md",
    "docs/differences.md",
    "docs/fidelity.md",
    "docs/page.md",
    "docs/errors.md",
    "docs/stages.md",
    "docs/seed.md",
    "docs/lab-yaml.md",
    "docs/cli.md",
    "docs/events.md",
    "docs/scenario-steps.md",
    "packages/README.md",
    "examples/my-ran/README.md",
]


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(root: Path, name: str) -> None:
    """Every relative link of a page is a file or folder."""
    page = root / name

    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", NAMES[:5])
def test_paths_that_are_named_exist(root: Path, name: str) -> None:
    """A path in a page of the root is there."""
    assert [path for path in PATHS.findall((root / name).read_text()) if not (root / path).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/embedded.md"])
def test_targets_of_make_exist(root: Path, name: str) -> None:
    """Every `make TARGET` of a page is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))

    assert set() == set(TARGET.findall((root / name).read_text())) - targets


def test_verbs_in_code_exist(root: Path) -> None:
    """Every `lab VERB` in code type of the README is a verb."""
    inside = re.findall(r"`lab ([a-z]+)[^`]*`", (root / "README.md").read_text())
    typed = re.findall(r"^\$ (?:\S*/)?lab ([a-z]+)", (root / "README.md").read_text(), re.MULTILINE)

    assert set() == set(inside + typed) - set(VERBS)
    assert {"trace", "why", "status"} <= set(inside)


def test_the_readme_is_read_in_three_minutes(root: Path) -> None:
    """It has under 1,200 words, tables and output included, and its blocks fit 80 columns."""
    text = (root / "README.md").read_text()
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)

    assert len(text.split()) < 1200
    assert [line for block in blocks for line in block.splitlines() if len(line) > 80] == []
