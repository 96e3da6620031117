"""Laws of planning: applying a plan leaves nothing to do, and removal is exact."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.apiserver.core.apply.server_side import server_side_apply
from lab.apiserver.core.schema import builtin_node
from lab.reconcile.declared import Declared, declare
from lab.reconcile.drift import differences
from lab.reconcile.identity import Identity
from lab.reconcile.metadata import FIELD_MANAGER, Mark, marked, unmarking
from lab.reconcile.order import dependencies, phases, removal
from lab.reconcile.plan import Action, plan

MARK = Mark("root-sync", "http://git/x.git", "main", "HEAD", "my-ran")
NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.dictionaries(st.sampled_from(["k", "l", "m.n"]), st.sampled_from(["1", "2", "y"]), max_size=3)
PORTS = st.lists(st.sampled_from([80, 81, 82]), unique=True, max_size=3)
Cluster = dict[Identity, dict[str, Any]]


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    """A ConfigMap, Service or Namespace."""
    kind = draw(st.sampled_from(["ConfigMap", "Service", "Namespace"]))
    meta: dict[str, Any] = {"name": draw(NAMES), "labels": draw(TEXTS)}
    if draw(st.booleans()):
        meta["annotations"] = draw(TEXTS)
    found = {"apiVersion": "v1", "kind": kind, "metadata": meta}
    if kind == "Namespace":
        return found
    meta["namespace"] = draw(NAMES)
    if kind == "ConfigMap":
        return {**found, "data": draw(TEXTS)}
    ports = [{"name": f"p{number}", "port": number, "protocol": "TCP"} for number in draw(PORTS)]
    return {**found, "spec": {"selector": draw(TEXTS), "ports": ports}}


@st.composite
def commits(draw: st.DrawFn) -> list[Declared]:
    """What one commit declares; one namespace always stays, so that the guard has nothing to say."""
    stays = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stays"}}
    found = [declare(one, file="f.yaml") for one in [stays, *draw(st.lists(objects(), max_size=7))]]
    return list({item.identity: item for item in found}.values())


def carry_out(declared: list[Declared], cluster: Cluster, inventory: list[Identity], commit: str) -> list[Identity]:
    """Do what the plan says, with the API server's own server-side apply; returns the new inventory."""
    changes = plan(declared, cluster, inventory, MARK, commit).changes
    assert changes is not None
    for phase in changes.apply:
        for change in phase:
            assert change.declared is not None
            cluster[change.identity] = server_side_apply(
                live=cluster.get(change.identity),
                applied=marked(change.declared, MARK, commit),
                manager=FIELD_MANAGER,
                force=True,
                node=builtin_node("", "v1", change.identity.kind),
                api_version="v1",
                subresource="",
                now="2030-01-01T00:00:00Z",
            )
    for change in changes.prune:
        if change.action is Action.DELETE:
            del cluster[change.identity]
    return list(changes.inventory)


@given(commits(), commits())
def test_plan_apply_and_plan_again_is_nothing(first: list[Declared], second: list[Declared]) -> None:
    """After a plan is carried out there is nothing left to do, for the same commit and for a new one alike."""
    cluster: Cluster = {}
    inventory = carry_out(first, cluster, [], "c1")
    inventory = carry_out(second, cluster, inventory, "c2")
    again = plan(second, cluster, inventory, MARK, "c2").changes
    assert again is not None
    assert again.idle
    assert plan(second, cluster, inventory, MARK, "c3").changes is not None
    for item in second:
        assert differences(marked(item, MARK, "c2"), cluster[item.identity]) == []


@given(commits(), commits())
def test_prune_removes_exactly_what_left(first: list[Declared], second: list[Declared]) -> None:
    """What the first commit declared and the second does not is removed, and nothing of others."""
    cluster: Cluster = {Identity("", "ConfigMap", "x", "foreign"): {"metadata": {"name": "foreign"}}}
    inventory = carry_out(first, cluster, [], "c1")
    changes = plan(second, cluster, inventory, MARK, "c2").changes
    assert changes is not None
    left = {item.identity for item in first} - {item.identity for item in second}
    in_use = {change.identity for change in changes.skipped if change.reason}
    assert left - in_use == {change.identity for change in changes.prune}
    assert {item.identity for item in second} | in_use == set(changes.inventory)


@given(commits())
def test_order_and_its_reverse(declared: list[Declared]) -> None:
    """Everything is applied once, after what it needs, and removed before it."""
    edges, faults = dependencies(declared)
    groups, cycle = phases(edges)
    applied = [who for group in groups for who in group]
    assert (faults, cycle) == ((), None)
    assert sorted(applied) == sorted(item.identity for item in declared)
    removed = removal([item.identity for item in declared])
    for who, needs in edges.items():
        for need in needs:
            assert applied.index(need) < applied.index(who)
            assert removed.index(need) > removed.index(who)


@given(objects())
def test_unmarking_undoes_marking(obj: dict[str, Any]) -> None:
    """An object that is marked and unmarked is the object that was declared."""
    found = marked(declare(obj), MARK, "c1")
    for section, keys in unmarking(found)["metadata"].items():
        for key in keys:
            del found["metadata"][section][key]
    kept = {key: value for key, value in found["metadata"].items() if value}
    assert {key: value for key, value in obj["metadata"].items() if value} == kept
