"""Editing YAML by position, tried on made-up data."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.kit.yaml_edit import rewrite, same
from lab.kit.yaml_nodes import compose, data_of
from lab.kit.yaml_write import document_text, flow_text

TEXTS = st.one_of(
    st.sampled_from(
        ["", "y", "no", "on", "1", "0x1f", "1:30", "a: b", "- x", "# c", "~", "a\nb\n", "a\n", "x #y", "'", "é", "{}"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
KEYS = st.one_of(st.sampled_from(["name", "a", "b", "c", "y", "on", "0"]), TEXTS)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(KEYS, DATA, max_size=5)


def _read(text: str) -> Any:
    return data_of(compose(text))


@given(data=DATA, compact=st.booleans())
def test_written_data_reads_back_the_same(data: Any, compact: bool) -> None:
    """Whatever JSON-like data is written in block or in flow style reads back as the same data."""
    assert same(data, _read(document_text(data, compact=compact)))
    assert same(data, _read(flow_text(data)))


@given(old=MAPPINGS, new=MAPPINGS, compact=st.booleans())
def test_rewriting_gives_the_wanted_data(old: dict[str, Any], new: dict[str, Any], compact: bool) -> None:
    """Rewriting any document as any other data gives text that reads as that data."""
    assert same(new, _read(rewrite(document_text(old, compact=compact), new)))


@given(data=MAPPINGS, compact=st.booleans())
def test_rewriting_with_equal_data_changes_nothing(data: dict[str, Any], compact: bool) -> None:
    """Text that already reads as the wanted data is returned as it is."""
    text = "# head\n" + document_text(data, compact=compact) + "# foot\n"
    assert text == rewrite(text, data)
