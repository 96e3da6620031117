"""`${name}`: where it stands, what it becomes, and what is picked from what a step found."""

from __future__ import annotations

import pytest

from lab.scenarios.values import Unset, lookup, marks, pick, substitute

VALUES = {"ns": "openairinterface", "count": 3, "files": {"configsync.yaml": "text"}, "found": {"items": [{"a": 1}]}}


def test_text_is_filled_everywhere() -> None:
    """Marks are replaced in every text of the data, whatever stands around them."""
    data = {"a": ["x-${ns}-y", {"b": "${ns}"}], "n": 1}
    assert substitute(data, VALUES) == {"a": ["x-openairinterface-y", {"b": "openairinterface"}], "n": 1}


def test_whole_text_keeps_the_type() -> None:
    """A text that is one mark becomes the value itself."""
    assert substitute("${count}", VALUES) == 3
    assert substitute("${count}", {"count": "3"}) == "3"


def test_doubled_sign_stays() -> None:
    """`$${x}` is text with a mark of its own, such as a setter's comment."""
    assert substitute("# kpt-set: $${cluster-name}", VALUES) == "# kpt-set: ${cluster-name}"


def test_unset_is_named() -> None:
    """A mark without a value is told by its whole name."""
    with pytest.raises(Unset, match=r"nobody\.knows"):
        substitute({"a": "${nobody.knows}"}, VALUES)


def test_partly_leaves_what_is_not_known_yet() -> None:
    """Before the start, what later steps will save stays a mark."""
    assert substitute("${ns} ${later} $${kept}", VALUES, partly=True) == "openairinterface ${later} $${kept}"


def test_marks_are_found_with_their_places() -> None:
    """Every mark but doubled ones, with its place."""
    assert list(marks({"a": ["${x}$${n}"], "b": "${y.z}"})) == [(("a", 0), "x"), (("b",), "y.z")]


@pytest.mark.parametrize(
    ("path", "value"),
    [("files.configsync.yaml", "text"), ("found.items.0.a", 1), ("ns", "openairinterface")],
)
def test_lookup_follows_dots_and_keys_with_dots(path: str, value: object) -> None:
    """What follows a name picks from its value; keys may hold dots themselves."""
    assert value == lookup(path, VALUES)


@pytest.mark.parametrize("path", ["found.items.1", "found.nothing", "ns.more"])
def test_pick_refuses_what_is_not_there(path: str) -> None:
    """A path that leads nowhere is a LookupError."""
    with pytest.raises(LookupError):
        pick(VALUES, path)
