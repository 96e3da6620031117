"""When values of annotations alone decide an apply, and when they do not."""

from __future__ import annotations

from typing import Any

import pytest

from lab.apiserver.core.apply.reannotation import reannotated, shape

NOW = "2026-01-02T03:04:05Z"


def applied(**annotations: Any) -> dict[str, Any]:
    """An applied configuration."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": annotations}}


def live(*keys: str, manager: str = "agent", operation: str = "Apply") -> dict[str, Any]:
    """A stored object with annotations of the value `old`, all held by one manager."""
    held = {f"f:{key}": {} for key in keys}
    entry = {"manager": manager, "operation": operation, "apiVersion": "v1", "time": "2025-01-01T00:00:00Z"}
    entry["fieldsV1"] = {"f:metadata": {"f:annotations": held}}
    metadata = {"name": "a", "annotations": dict.fromkeys(keys, "old"), "managedFields": [entry]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def test_values_do_not_change_the_shape() -> None:
    """The shape tells keys, members and facts apart, but no values of annotations."""
    assert shape(applied(a="1"), "x") == shape(applied(a="2"), "x")
    assert shape(applied(a="1"), "x") != shape(applied(b="1"), "x")
    assert shape(applied(a="1"), "x") != shape(applied(a="1"), "y")
    assert shape(applied(a="1"), "x") != shape({**applied(a="1"), "data": {}}, "x")


@pytest.mark.parametrize(
    "metadata",
    [{"resourceVersion": "1"}, {"uid": "1"}, {"finalizers": []}, {"annotations": None}, {"annotations": {"a": None}}],
)
def test_there_is_no_shape_where_more_is_asked(metadata: dict[str, Any]) -> None:
    """Preconditions, finalizers and anything but texts as annotations are for the whole procedure."""
    configuration = applied(a="1")
    configuration["metadata"] |= metadata
    assert shape(configuration, "") is None


def test_values_and_time_move() -> None:
    """The applied values stand in the object, and the manager's entry has the time of now."""
    found = reannotated(live("a", "b"), applied(a="new"), "agent", NOW)
    assert found is not None
    assert found["metadata"]["annotations"] == {"a": "new", "b": "old"}
    assert found["metadata"]["managedFields"][0]["time"] == NOW


def test_nothing_new_keeps_the_time() -> None:
    """The same values leave the object as it is."""
    before = live("a")
    assert before == reannotated(before, applied(a="old"), "agent", NOW)


@pytest.mark.parametrize(
    "before", [live("b"), live("a", manager="other"), live("a", operation="Update"), live()], ids=str
)
def test_without_holding_the_annotation_it_does_not_decide(before: dict[str, Any]) -> None:
    """An annotation that the manager does not hold as an applier needs the whole procedure."""
    assert reannotated(before, applied(a="new"), "agent", NOW) is None


def test_another_holder_of_a_changed_value_does_not_decide() -> None:
    """Shared annotations may be conflicts."""
    before = live("a")
    before["metadata"]["managedFields"] += live("a", manager="other")["metadata"]["managedFields"]
    assert reannotated(before, applied(a="new"), "agent", NOW) is None


def test_an_object_that_goes_away_is_left_to_the_whole_procedure() -> None:
    """Deletion may end with this very write."""
    before = live("a")
    before["metadata"]["deletionTimestamp"] = NOW
    assert reannotated(before, applied(a="new"), "agent", NOW) is None
