"""Edits of files, whole and in part."""

from __future__ import annotations

import pytest

from lab.scenarios.edits import changed
from lab.scenarios.outcome import StepFailed

BEFORE = {"a.yaml": b"pods: 60\n", "b.yaml": b"x\n"}


def test_edits_write_delete_and_replace() -> None:
    """A content is written, null deletes, a text is put in place of another; a new file can be edited at once."""
    after = changed(BEFORE, {"b.yaml": None, "c.yaml": "one\n"}, {"a.yaml": {"60": "80"}, "c.yaml": {"one": "two"}})
    assert after == {"a.yaml": b"pods: 80\n", "c.yaml": b"two\n"}


@pytest.mark.parametrize(
    ("files", "replace"),
    [({"z.yaml": None}, {}), ({}, {"z.yaml": {"a": "b"}}), ({}, {"a.yaml": {"70": "80"}})],
)
def test_an_edit_that_finds_nothing_fails(files: dict[str, str | None], replace: dict[str, dict[str, str]]) -> None:
    """An edit is never a silent no-op."""
    with pytest.raises(StepFailed):
        changed(BEFORE, files, replace)
