"""Matching by subset, the six operators, and the smallest difference."""

from __future__ import annotations

from typing import Any

import pytest

from lab.scenarios.match import differences, matches, nearest, unknown_operators

LIVE = {
    "kind": "Namespace",
    "metadata": {"name": "openairinterface", "labels": {"a": "1", "b": "2"}},
    "status": {"phase": "Active", "conditions": [{"type": "A", "ok": True}, {"type": "B", "ok": True, "count": 3}]},
}


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"kind": "Namespace"},
        {"metadata": {"labels": {"b": "2"}}},
        {"status": {"conditions": [{"type": "B"}]}},
        {"status": {"conditions": [{"ok": True}, {"type": "A"}]}},
        {"status": {"conditions": []}},
        {"status": {"conditions": {"$len": 2}}},
        {"status": {"conditions": {"$len": {"$gte": 1, "$lte": 2}}}},
        {"status": {"conditions": [{"count": {"$gte": 3}}]}},
        {"status": {"phase": {"$match": "^Act"}}},
        {"status": {"phase": {"$any": ["Terminating", "Active"]}}},
        {"metadata": {"deletionTimestamp": {"$absent": True}}},
        {"metadata": {"name": {"$absent": False}}},
    ],
)
def test_subset_matches(expected: Any) -> None:
    """What is named must match; what is not named may be anything."""
    assert matches(expected, LIVE)


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({"status": {"phase": "Gone"}}, "status.phase: expected Gone, found Active"),
        ({"spec": {"x": 1}}, 'spec: expected {"x": 1}, found nothing'),
        ({"metadata": {"labels": {"c": "3"}}}, "metadata.labels.c: expected 3, found nothing"),
        ({"status": {"conditions": [{"count": {"$gte": 4}}]}}, None),
        ({"status": {"conditions": [{"type": "B", "count": 4}]}}, "status.conditions[0].count: expected 4, found 3"),
        ({"status": {"conditions": {"$len": 3}}}, "status.conditions: expected length 3, found length 2"),
        ({"status": {"phase": {"$match": "^x"}}}, "status.phase: expected a match of ^x, found Active"),
        ({"metadata": {"name": {"$absent": True}}}, "metadata.name: expected nothing, found openairinterface"),
        ({"metadata": {"uid": {"$absent": False}}}, "metadata.uid: expected something, found nothing"),
        ({"status": {"phase": {"$any": ["X", "Y"]}}}, "status.phase: expected one of X, Y, found Active"),
        ({"status": {"phase": {"$gte": 3}}}, "status.phase: expected at least 3, found Active"),
    ],
)
def test_difference_is_named(expected: Any, told: str | None) -> None:
    """A mismatch is one line with the path and both sides, against the list item that is most like it."""
    found = [str(difference) for difference in differences(expected, LIVE)]
    assert len(found) == 1
    assert told in (None, found[0])


def test_list_items_are_given_out_once() -> None:
    """Each expected item takes an item of its own, and an earlier one moves aside where that helps."""
    actual = [{"a": 1, "b": 2}, {"a": 1}]
    assert matches([{"a": 1}, {"a": 1, "b": 2}], actual)
    assert not matches([{"a": 1}, {"a": 1}, {"a": 1}], actual)


def test_true_is_not_one() -> None:
    """A boolean matches booleans only."""
    assert not matches({"x": True}, {"x": 1})
    assert not matches({"x": 1}, {"x": True})


def test_nearest_are_fewest_differences_then_likest_name() -> None:
    """Three at most: first those with fewest differences, among equals those whose name is most like it."""
    names = ["zebra", "openair", "openairinterfac", "kube-system"]
    candidates = [{"name": name, "phase": "Active"} for name in names]
    candidates.append({"name": "openairinterface", "phase": "Terminating", "x": 1})
    found = nearest(
        {"name": "openairinterface", "phase": "Active"},
        candidates,
        label=lambda item: str(item["name"]),
        wanted="openairinterface",
    )
    assert [item["name"] for item in found] == ["openairinterface", "openairinterfac", "openair"]


@pytest.mark.parametrize("expected", [{"$gt": 1}, {"$gte": 1, "x": 2}, {"a": [{"$lenn": 1}]}])
def test_unknown_or_mixed_operators_are_found(expected: Any) -> None:
    """A word with `$` that is no operator, or stands beside plain keys, is told with its place."""
    assert list(unknown_operators(expected))
