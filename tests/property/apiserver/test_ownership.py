"""Field sets, merging and applying keep their laws for any input."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.apiserver.core.apply import fieldset as fs
from lab.apiserver.core.apply.compare import compare, field_set, without
from lab.apiserver.core.apply.managers import track_update
from lab.apiserver.core.apply.merge import merge
from lab.apiserver.core.apply.server_side import server_side_apply
from lab.apiserver.core.patch import json_patch
from lab.apiserver.core.patch import merge as merge_patch

NOW = "2024-01-01T00:00:00Z"
ELEMENTS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"1"'])
PATHS = st.sets(st.lists(ELEMENTS, min_size=1, max_size=3).map(tuple), max_size=8)
KEYS = st.sampled_from(["a", "b", "c"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 3) | st.text("xy", max_size=2) | st.lists(st.integers(0, 2), max_size=2),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=3)


def tree_of(paths: set[tuple[str, ...]]) -> fs.Tree:
    """The tree of a set of paths."""
    tree: fs.Tree = {}
    for path in paths:
        one: fs.Tree = {}
        for element in reversed(path):
            one = {element: one}
        tree = fs.union(tree, one)
    return tree


@given(PATHS, PATHS)
def test_trees_are_sets(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> None:
    """Union, difference, intersection and membership of trees are those of the sets of paths."""
    left, right = tree_of(one), tree_of(other)
    assert set(fs.paths(left)) == one
    assert set(fs.paths(fs.union(left, right))) == one | other
    assert set(fs.paths(fs.difference(left, right))) == one - other
    assert set(fs.paths(fs.intersection(left, right))) == one & other
    assert all(fs.has(left, path) == (path in one) for path in one | other)
    assert tree_of(one) == left


def obj(content: dict[str, Any]) -> dict[str, Any]:
    """A custom resource without schema."""
    return {"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "n"}, "spec": content}


def apply(live: dict[str, Any] | None, content: dict[str, Any], manager: str, *, force: bool = True) -> dict[str, Any]:
    """Apply for one manager."""
    return server_side_apply(
        live=live,
        applied=obj(content),
        manager=manager,
        force=force,
        node=None,
        api_version="x/v1",
        subresource="",
        now=NOW,
    )


@given(OBJECTS, OBJECTS)
def test_the_applied_values_win_and_applying_again_changes_nothing(one: dict[str, Any], two: dict[str, Any]) -> None:
    """A forced apply makes its own values true; the same apply again is no change, forced or not."""
    first = apply(None, one, "a")
    second = apply(first, two, "b")
    assert merge(second["spec"], two, None) == second["spec"]
    assert apply(second, two, "b", force=False) == second


@given(OBJECTS)
def test_what_one_manager_applied_it_can_take_back(content: dict[str, Any]) -> None:
    """Values that only one manager ever applied vanish when it applies none of them."""
    taken_back = apply(apply(None, content, "a"), {}, "a")
    assert taken_back["spec"] in ({}, None)


@given(OBJECTS, OBJECTS)
def test_inputs_stay_as_they_are(one: dict[str, Any], two: dict[str, Any]) -> None:
    """Neither the live object nor the new one is changed, nor does the result share anything with them."""
    live, new = apply(None, one, "a"), obj(two)
    before = copy.deepcopy((live, new))
    tracked = track_update(
        live={**live, "metadata": {**live["metadata"], "uid": "u"}},
        new=new,
        manager="u",
        node=None,
        api_version="x/v1",
        subresource="",
        now=NOW,
    )
    apply(live, two, "b")
    assert before == (live, new)
    assert tracked["spec"] == two


@given(OBJECTS, OBJECTS)
def test_a_comparison_names_the_differences_and_nothing_else(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Nothing differs exactly where objects are equal, and what was added is gone without it."""
    changes = compare(old, new, None)
    assert (old == new) == (not any(changes))
    added = set(fs.paths(changes.added))
    rest = without(new, changes.added, None) or {}
    assert not added & set(fs.paths(field_set(rest, None)))


@given(OBJECTS, OBJECTS)
def test_patches_reach_their_goal(old: dict[str, Any], new: dict[str, Any]) -> None:
    """A patch that replaces every member turns any object into any other, for both patch types."""
    operations: list[dict[str, Any]] = [{"op": "remove", "path": f"/{key}"} for key in old]
    operations += [{"op": "add", "path": f"/{key}", "value": value} for key, value in new.items()]
    assert json_patch.apply(old, operations) == new
    emptied = merge_patch.apply(old, dict.fromkeys(old))
    assert merge_patch.apply(emptied, new) == new
