"""The embedded server answers the conformance cases as kube-apiserver did, but for the differences that are known."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The recorder in tools/realapi runs the same cases outside pytest, so they are a package of their own.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases.catalog import CASES
from cases.compare import known_differences
from cases.embedded import replay
from cases.every import MODULES
from cases.verdict import DIFFERENCES, GOLDENS, PAGE, judge, page

KNOWN = known_differences(DIFFERENCES)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    """Codes, headers and bodies are the recorded ones; what is known to differ still does."""
    verdict = judge(name, replay(CASES[name]), KNOWN)
    assert not verdict.unknown, "\n".join(map(str, verdict.unknown))
    assert not verdict.outdated, f"no longer different: {verdict.outdated}"


def test_every_case_is_recorded() -> None:
    """There is a golden for each case and none besides, and differences name cases."""
    assert len(MODULES) == 10
    assert {file.stem for file in GOLDENS.glob("*.json")} == set(CASES)
    assert {entry.case for entry in KNOWN} <= set(CASES)


def test_page_is_fresh() -> None:
    """docs/fidelity.md says what the goldens and the known differences come to."""
    assert PAGE.read_text() == page(), "run python tools/realapi/replay.py"
