"""Files that people write: every node has its place, and `on`, `no` and `y` are words, not booleans."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors.base import LabError
from lab.errors.people_files import nearest, parse, parse_all, read_text

TEXT = """steps:
  - apply: {on: mgmt, file: a.yaml}
  - see:
      on: my-ran
      object: {answer: no, count: 3, ratio: 1.5, there: true, nothing: null}
"""


def test_words_of_yaml_1_2_stay_words() -> None:
    """`on` is a key and `no` a text; numbers, booleans and null are what they look like."""
    document = parse(TEXT, "s.yaml")

    assert document.data["steps"][1]["see"]["on"] == "my-ran"
    found = document.data["steps"][1]["see"]["object"]
    assert found == {"answer": "no", "count": 3, "ratio": 1.5, "there": True, "nothing": None}
    assert [type(v) for v in found.values()] == [str, int, float, bool, type(None)]


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("steps",), 1, 1),
        (("steps", 0), 2, 5),
        (("steps", 0, "apply", "on"), 2, 13),
        (("steps", 1, "see", "on"), 4, 7),
        (("steps", 1, "see", "missing"), 3, 5),
    ],
)
def test_every_node_has_its_place(path: tuple[str | int, ...], line: int, column: int) -> None:
    """Line and column of a key or item; of the nearest parent when it is not in the file."""
    place = parse(TEXT, "s.yaml").place(path)

    assert (place.line, place.column) == (line, column)


def test_several_documents_are_told_apart() -> None:
    """A stream gives its documents; where one is expected two are an error."""
    assert [d.data for d in parse_all("a: 1\n---\nb: 2\n", "f")] == [{"a": 1}, {"b": 2}]
    with pytest.raises(LabError) as caught:
        parse("a: 1\n---\nb: 2\n", "f")
    assert caught.value.code == "LAB001"


def test_an_empty_file_is_an_empty_mapping() -> None:
    """Nothing, or comments only, means no fields."""
    assert parse("# nothing\n", "f").data == {}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Reading what does not exist is LAB005."""
    with pytest.raises(LabError) as caught:
        read_text(tmp_path / "none.yaml")

    assert caught.value.code == "LAB005"


def test_the_nearest_word_is_offered_only_when_near() -> None:
    """A slip of the fingers finds its word, another word finds none."""
    assert nearest("clustres", ["clusters", "flows"]) == "clusters"
    assert nearest("banana", ["clusters", "flows"]) == ""
