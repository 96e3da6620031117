"""Changing values inside YAML text."""

from __future__ import annotations

from typing import Any

import pytest

from lab.kit.yaml_edit import rewrite
from lab.kit.yaml_nodes import YamlFault, compose, data_of
from lab.kit.yaml_places import Edit, apply_edits, line_comment
from lab.kit.yaml_walk import field

TEXT = """\
# top
---
metadata: # of the object
  name: x # the name
  # about labels
  labels: {}
data:
  a: "1" # one

  # two
  b: |
    hi
  c: 3
list:
  # first
  - name: a # A
  # second
  - name: b # B
flow: [a, b] # F
# foot
"""

CASES = {
    "scalar keeps its quotes and comment": (lambda d: d["data"].update(a="2"), 'a: "1" # one', 'a: "2" # one'),
    "text that reads as a boolean is quoted": (lambda d: d["data"].update(c="no"), "c: 3", 'c: "no"'),
    "block text stays a block": (lambda d: d["data"].update(b="x\ny\n"), "    hi\n", "    x\n    y\n"),
    "empty map is filled in block style": (
        lambda d: d["metadata"].update(labels={"q": "yes"}),
        "  labels: {}\n",
        '  labels:\n    q: "yes"\n',
    ),
    "new key stands at the end of its map": (lambda d: d["data"].update(z=None), "  c: 3\n", "  c: 3\n  z: null\n"),
    "removed key takes its own comment along": (lambda d: d["data"].pop("b"), "  # two\n  b: |\n    hi\n", ""),
    "item is inserted before the comment of the next": (
        lambda d: d["list"].insert(1, {"name": "new"}),
        "  # second\n",
        "  - name: new\n  # second\n",
    ),
    "removed item": (lambda d: d["list"].pop(0), "  # first\n  - name: a # A\n", ""),
    "flow list stays in flow style": (lambda d: d.update(flow=["a", "c", "d"]), "[a, b]", "[a, c, d]"),
    "map becomes a scalar": (
        lambda d: d.update(data="gone"),
        TEXT[TEXT.index("data:\n  a") : TEXT.index("list:")],
        "data: gone\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_touches_only_its_own_place(name: str) -> None:
    """One changed value changes one place of the text and no other character."""
    change, before, after = CASES[name]
    data: dict[str, Any] = data_of(compose(TEXT))
    change(data)
    assert before in TEXT
    assert TEXT.replace(before, after) == rewrite(TEXT, data)


def test_a_document_with_aliases_is_written_anew_with_the_right_data() -> None:
    """Where a value is shared by an alias, the wanted data counts more than the form."""
    text = "a: &x\n  k: 1\nb: *x\n"
    wanted = {"a": {"k": 1}, "b": {"k": 2}}
    assert wanted == data_of(compose(rewrite(text, wanted)))


def test_an_explicit_key_is_written_anew() -> None:
    """A key written with a question mark is kept as data."""
    wanted = {"a": {"b": 1}, "c": 2}
    assert wanted == data_of(compose(rewrite("? a\n: 1\n", wanted)))


def test_text_without_final_line_break_is_extended_on_a_new_line() -> None:
    """A key added after the last line does not run into it."""
    assert rewrite("a: 1", {"a": 1, "b": 2}) == "a: 1\nb: 2"


def test_edits_that_overlap_are_refused() -> None:
    """Two edits of the same character are a mistake of the caller."""
    with pytest.raises(ValueError, match="overlap"):
        apply_edits("abc", [Edit(0, 2, ""), Edit(1, 3, "")])


def test_line_comment_after_a_value() -> None:
    """The comment on the line of a value is found, one on the next line is not."""
    text = "a: b # c\nd: e\n# f\n"
    root = compose(text)
    first, second = field(root, "a"), field(root, "d")
    assert first is not None
    assert second is not None
    assert line_comment(text, first.end) == (5, "# c")
    assert line_comment(text, second.end) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [\n", 2),
        ("a: 1\na: 2\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: *x\n", 1),
        ("a: \x01\n", 1),
        ("[a]: 1\n", 1),
    ],
)
def test_faults_name_their_line(text: str, line: int) -> None:
    """Text that cannot be read is refused with the line at fault."""
    with pytest.raises(YamlFault) as caught:
        data_of(compose(text))
    assert line == caught.value.line
