"""JSON patch and JSON merge patch; strategic merge patches are in test_recorded."""

from typing import Any

import pytest

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.patch import json_patch, merge, strategic


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ({"op": "add", "path": "/a/1", "value": 9}, {"a": [1, 9, 2], "b": {"c/d": 1}}),
        ({"op": "add", "path": "/a/-", "value": 9}, {"a": [1, 2, 9], "b": {"c/d": 1}}),
        ({"op": "add", "path": "/a/-1", "value": 9}, {"a": [1, 2, 9], "b": {"c/d": 1}}),
        ({"op": "remove", "path": "/b/c~1d"}, {"a": [1, 2], "b": {}}),
        ({"op": "replace", "path": "/a/0", "value": None}, {"a": [None, 2], "b": {"c/d": 1}}),
        ({"op": "move", "from": "/a", "path": "/b/a"}, {"b": {"c/d": 1, "a": [1, 2]}}),
        ({"op": "copy", "from": "/b", "path": "/e"}, {"a": [1, 2], "b": {"c/d": 1}, "e": {"c/d": 1}}),
        ({"op": "test", "path": "/a", "value": [1, 2]}, {"a": [1, 2], "b": {"c/d": 1}}),
        ({"op": "test", "path": "/zz", "value": None}, {"a": [1, 2], "b": {"c/d": 1}}),
    ],
)
def test_each_operation_of_a_json_patch(operation: dict[str, Any], result: dict[str, Any]) -> None:
    """Operations follow RFC 6902, negative indexes count from the end, and the input stays as it was."""
    document = {"a": [1, 2], "b": {"c/d": 1}}
    assert result == json_patch.apply(document, [operation])
    assert document == {"a": [1, 2], "b": {"c/d": 1}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/zz"},
        {"op": "replace", "path": "/zz/a", "value": 1},
        {"op": "replace", "path": "/a/5", "value": 1},
        {"op": "test", "path": "/a", "value": [1]},
        {"op": "test", "path": "/t", "value": 1},
        {"op": "add", "path": "/a/5", "value": 1},
        {"op": "add", "path": "/a/x", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": "/a/-"},
        {"op": "shift", "path": "/a"},
    ],
)
def test_an_operation_that_does_not_fit_is_one_and_the_same_422(operation: dict[str, Any]) -> None:
    """Whatever does not fit is answered with the generic text of Kubernetes."""
    with pytest.raises(ApiError) as caught:
        json_patch.apply({"a": [1, 2], "t": True}, [operation])
    assert caught.value.code == 422
    assert caught.value.message == "the server rejected our request due to an error in our request"


def test_what_is_no_list_of_operations_is_a_400() -> None:
    """A body of the wrong shape is a bad request; too many operations are too large a request."""
    with pytest.raises(ApiError) as caught:
        json_patch.apply({}, {"op": "add"})
    assert caught.value.code == 400
    with pytest.raises(ApiError) as caught:
        json_patch.apply({}, [{"op": "test", "path": "/a", "value": None}] * 10_001)
    assert caught.value.code == 413


def test_merge_patch_deletes_by_null_and_replaces_lists() -> None:
    """RFC 7386: objects merge, nulls delete at any depth, everything else replaces."""
    document = {"a": {"b": 1, "c": 2}, "l": [1, 2], "s": "x"}
    patch = {"a": {"b": None, "d": {"e": None, "f": 1}}, "l": [3], "s": {"n": None}}
    assert merge.apply(document, patch) == {"a": {"c": 2, "d": {"f": 1}}, "l": [3], "s": {}}
    assert document == {"a": {"b": 1, "c": 2}, "l": [1, 2], "s": "x"}


@pytest.mark.parametrize("apply", [merge.apply, lambda document, patch: strategic.apply(document, patch, None)])
def test_a_patch_that_is_no_object_is_a_400(apply: Any) -> None:
    """Lists and scalars merge into nothing."""
    with pytest.raises(ApiError) as caught:
        apply({}, [1])
    assert caught.value.code == 400
