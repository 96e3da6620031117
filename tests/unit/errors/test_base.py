"""Errors are facts: a code of the catalog, what, why, where and what to do next, always in that order."""

from __future__ import annotations

import pytest

from lab.errors.base import ExitCode, LabError, Place
from lab.errors.catalog import CATALOG


def test_an_error_reads_in_a_fixed_order() -> None:
    """What, where, why, next, kept: one line each, the advice ready to paste."""
    error = LabError(
        "LAB002", "Unknown field.", "Did you mean `x`?", ["lab a", "lab b"], place=Place("f", 3, 7), kept="k"
    )

    assert error.as_text().splitlines() == [
        "LAB002  Unknown field.",
        "  Where  f:3:7",
        "  Why    Did you mean `x`?",
        "  Next   lab a",
        "         lab b",
        "  Kept   k",
    ]


def test_an_error_is_json_too() -> None:
    """The same facts as data, with a schema name."""
    data = LabError("LAB701", "Nothing pulls.").as_dict()

    assert data["schema"] == "lab.error/v1"
    assert (data["code"], data["exit"], data["place"]) == ("LAB701", 1, None)


def test_an_unknown_code_is_our_mistake() -> None:
    """A code that is not catalogued cannot be raised."""
    with pytest.raises(KeyError):
        LabError("LAB000", "?")


@pytest.mark.parametrize("code", sorted(CATALOG))
def test_every_code_is_whole(code: str) -> None:
    """Each code has a title without a full stop, an explanation in sentences, and an exit code of the table."""
    entry = CATALOG[code]

    assert ExitCode(entry.exit_code)
    assert entry.title
    assert not entry.title.endswith(".")
    assert entry.text.endswith((".", ":"))


@pytest.mark.parametrize(
    ("place", "shown"),
    [(Place("f"), "f"), (Place("f", 2), "f:2"), (Place("f", 2, 5), "f:2:5")],
)
def test_a_place_shows_what_is_known(place: Place, shown: str) -> None:
    """File, line and column, as editors and terminals understand them."""
    assert str(place) == shown
