"""What must hold of matching, whatever the data."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.scenarios.match import differences, matches

KEYS = st.text("abc", min_size=1, max_size=2)
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text("xyz", max_size=2)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@given(JSON)
def test_everything_matches_itself(data: Any) -> None:
    """An object looks like itself."""
    assert matches(data, data)


@given(st.dictionaries(KEYS, JSON), st.dictionaries(KEYS, JSON))
def test_more_never_hurts(expected: dict[str, Any], more: dict[str, Any]) -> None:
    """Keys that are not asked for change nothing."""
    assert matches(expected, {**more, **expected})


@given(st.lists(JSON, max_size=4), st.randoms())
def test_order_of_a_list_does_not_matter(items: list[Any], random: Any) -> None:
    """A list matches in any order."""
    shuffled = list(items)
    random.shuffle(shuffled)
    assert matches(items, shuffled)


@given(JSON, JSON)
def test_a_difference_is_told_exactly_when_it_does_not_match(expected: Any, actual: Any) -> None:
    """Nothing differs exactly when it matches, and every difference can be printed."""
    found = differences(expected, actual)
    assert matches(expected, actual) is (not found)
    assert all(str(difference) for difference in found)
