"""What is created, changed, left, released and removed."""

from __future__ import annotations

from typing import Any

from lab.reconcile.declared import Declared, declare
from lab.reconcile.identity import Identity, identity_of
from lab.reconcile.metadata import Mark, marked
from lab.reconcile.plan import Action, ChangeSet, plan

MARK = Mark("root-sync", "http://git/x.git", "main", "HEAD", "my-ran")
OTHER = Mark("other", "http://git/x.git", "main", "HEAD", "my-ran")


def item(name: str = "a", namespace: str = "default", kind: str = "ConfigMap", **annotations: str) -> Declared:
    """A declared object; keywords are annotations with `_` for `-`, by the ends of their keys."""
    keys = {
        "managed": "configmanagement.gke.io/managed",
        "mutation": "client.lifecycle.config.k8s.io/mutation",
        "deletion": "client.lifecycle.config.k8s.io/deletion",
    }
    meta: dict[str, Any] = {"name": name, "annotations": {keys[key]: value for key, value in annotations.items()}}
    if namespace:
        meta["namespace"] = namespace
    return declare({"apiVersion": "v1", "kind": kind, "metadata": meta, "data": {"v": "1"}}, file="f.yaml")


def live(*declared: Declared, mark: Mark = MARK) -> dict[Identity, dict[str, Any]]:
    """The cluster after these were applied at an earlier commit."""
    objects = [marked(one, mark, "old") for one in declared]
    return {identity_of(obj): obj for obj in objects}


def planned(
    declared: list[Declared], cluster: dict[Identity, dict[str, Any]], inventory: list[Declared] | None = None
) -> ChangeSet:
    """The plan; everything on the cluster is in the inventory where none is given."""
    remembered = list(cluster) if inventory is None else [one.identity for one in inventory]
    found = plan(declared, cluster, remembered, MARK, "new")
    assert found.faults == ()
    assert found.changes is not None
    return found.changes


def test_new_changed_and_same() -> None:
    """Objects are created, configured or unchanged; a new commit alone changes none."""
    cluster = live(item("same"), item("changed"))
    cluster[item("changed").identity]["data"]["v"] = "2"
    found = planned([item("new"), item("same"), item("changed")], cluster)
    actions = {change.identity.name: change.action for phase in found.apply for change in phase}
    assert actions == {"new": Action.CREATE, "same": Action.UNCHANGED, "changed": Action.CONFIGURE}
    assert found.counts() == {"created": 1, "unchanged": 1, "configured": 1}
    assert not found.idle


def test_what_left_is_deleted() -> None:
    """The inventory less the declared is removed, and forgotten."""
    found = planned([item("a")], live(item("a"), item("b")))
    assert [(change.identity.name, change.action) for change in found.prune] == [("b", Action.DELETE)]
    assert [who.name for who in found.inventory] == ["a"]


def test_what_is_gone_already_is_forgotten() -> None:
    """An object of the inventory that no longer exists needs nothing."""
    found = planned([item("a")], live(item("a")), [item("a"), item("b")])
    assert found.prune == ()
    assert [who.name for who in found.inventory] == ["a"]


def test_kept_objects_are_released() -> None:
    """An object that is marked to be kept on the cluster is released."""
    kept = item("b", deletion="detach")
    assert [change.action for change in planned([item("a")], live(item("a"), kept)).prune] == [Action.RELEASE]


def test_moved_object_is_left_to_its_new_owner() -> None:
    """What another RootSync has taken over is not deleted."""
    taken = live(item("b"), mark=OTHER)
    assert planned([], taken).prune == ()


def test_special_namespaces_are_released() -> None:
    """kube-system is never deleted, whatever Git says, nor what the agent stands on."""
    special = item("kube-system", "", "Namespace")
    own = item("config-management-system", "", "Namespace")
    found = planned([item("x", "", "Namespace")], live(special, own))
    assert {Action.RELEASE} == {change.action for change in found.prune}


def test_namespace_in_use_stays() -> None:
    """A namespace whose objects are still declared is not deleted, and stays in the inventory."""
    namespace = item("ran", "", "Namespace")
    found = planned([item("a", "ran"), item("b", "", "Namespace")], live(item("a", "ran"), namespace))
    assert [(one.identity.name, one.reason) for one in found.skipped] == [("ran", "namespace still in use: ran")]
    assert namespace.identity in found.inventory


def test_all_namespaces_at_once() -> None:
    """KNV2006 when two or more namespaces would all go; not for one, not while one stays."""
    both = live(item("a", "", "Namespace"), item("b", "", "Namespace"))
    faults = plan([item("x")], both, list(both), MARK, "new").faults
    assert [fault.knv for fault in faults] == ["2006"]
    assert "all Namespaces [a b]" in faults[0].text
    assert plan([item("a", "", "Namespace")], both, list(both), MARK, "new").faults == ()
    one = live(item("a", "", "Namespace"))
    assert plan([item("x")], one, list(one), MARK, "new").faults == ()


def test_disabled_object() -> None:
    """Given up: released when it is ours, left when it is not, never created, never remembered."""
    off = item("a", managed="disabled")
    ours = planned([off], live(item("a")))
    assert [change.action for change in ours.prune] == [Action.RELEASE]
    assert ours.inventory == ()
    assert planned([off], {}).prune == ()
    assert planned([off], live(item("a"), mark=OTHER)).prune == ()
    assert planned([off], {}).apply == ()


def test_ignored_object() -> None:
    """With mutation: ignore only the mark is renewed, however the object looks; missing, it is created."""
    ignored = item("a", mutation="ignore")
    cluster = live(ignored)
    cluster[ignored.identity]["data"]["v"] = "mine"
    assert [change.action for change in planned([ignored], cluster).apply[0]] == [Action.MARK_ONLY]
    assert [change.action for change in planned([ignored], {}).apply[0]] == [Action.CREATE]


def test_implicit_namespace_of_others() -> None:
    """A namespace that was there before is neither applied nor remembered; ours is kept up."""
    namespace = declare({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ran"}}, implicit=True)
    foreign = {namespace.identity: namespace.obj()}
    found = planned([namespace], foreign, [])
    assert (found.apply, found.inventory) == ((), ())
    ours = planned([namespace], live(namespace))
    assert [change.action for change in ours.apply[0]] == [Action.UNCHANGED]


def test_definition_goes_with_its_objects_only() -> None:
    """KNV1047 when a definition leaves while objects of its kind are declared."""
    spec = {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"}}
    meta = {"name": "widgets.example.com"}
    api = "apiextensions.k8s.io/v1"
    definition = declare({"apiVersion": api, "kind": "CustomResourceDefinition", "metadata": meta, "spec": spec})
    meta = {"name": "w", "namespace": "default"}
    widget = declare({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": meta})
    cluster = live(definition, widget)
    assert [fault.knv for fault in plan([widget], cluster, list(cluster), MARK, "new").faults] == ["1047"]
    assert plan([], cluster, list(cluster), MARK, "new").faults == ()
