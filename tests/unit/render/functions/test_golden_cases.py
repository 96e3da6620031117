"""Functions on whole packages: `tests/golden/functions/<function>/<case>/` holds `package/` and what is expected.

The files' form is the idea of kpt's end-to-end tests. With LAB_GOLDEN=write the expectations are written, and every
test whose expectation changed fails once.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest
import yaml

from lab.render.pipeline import render

CASES = Path(__file__).parents[3] / "golden" / "functions"
NAMES = sorted(str(path.parent.relative_to(CASES)) for path in CASES.glob("*/*/package"))


def _package(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def _diff(before: dict[str, str], after: dict[str, str]) -> str:
    text = ""
    for path in sorted(before.keys() | after.keys()):
        old, new = (side.get(path, "").splitlines(keepends=True) for side in (before, after))
        text += "".join(difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", n=1))
    return text


def test_there_are_cases() -> None:
    """The folder of cases is found."""
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_function_changes_the_package_as_expected(name: str) -> None:
    """Rendering the case's package gives exactly the expected difference and the expected results."""
    folder = CASES / name
    package = _package(folder / "package")
    rendering = render(package)
    results = rendering.results
    if rendering.failure:
        results["failure"] = {
            "message": rendering.failure.message,
            "at": f"{rendering.failure.file}:{rendering.failure.line}",
        }
    found = {
        "expected.diff": _diff(package, rendering.package),
        "results.yaml": yaml.safe_dump(results, sort_keys=False, width=1000),
    }
    expected = {file: (folder / file).read_text() if (folder / file).exists() else "" for file in found}
    if os.environ.get("LAB_GOLDEN") == "write":
        for file, text in found.items():
            (folder / file).write_text(text)
    assert expected == found
