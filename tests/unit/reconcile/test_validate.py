"""Config Sync's validators, code by code."""

from __future__ import annotations

from typing import Any

import pytest

from lab.reconcile.declared import Declared, declare
from lab.reconcile.mistakes import Rules
from lab.reconcile.validate import Checked, check, scopes_of_definitions

SCOPES = {
    ("v1", "ConfigMap"): True,
    ("v1", "Namespace"): False,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): False,
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): False,
    ("configsync.gke.io/v1beta1", "RootSync"): True,
    ("configmanagement.gke.io/v1", "Repo"): False,
    ("clusterregistry.k8s.io/v1alpha1", "Cluster"): False,
    ("extensions/v1beta1", "Ingress"): True,
}


def obj(kind: str = "ConfigMap", name: str = "a", api: str = "v1", **meta: Any) -> dict[str, Any]:
    """An object; keywords are metadata, but for `body`, which is the rest."""
    body = meta.pop("body", {})
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, **meta}, **body}


def definition(plural: str = "widgets", group: str = "example.com", name: str = "") -> dict[str, Any]:
    """A CustomResourceDefinition."""
    versions = [{"name": "v1", "served": True}, {"name": "v0", "served": False}]
    spec = {"group": group, "scope": "Namespaced", "names": {"kind": "Widget", "plural": plural}, "versions": versions}
    full = name or f"{plural}.{group}"
    return obj("CustomResourceDefinition", full, "apiextensions.k8s.io/v1", body={"spec": spec})


def checked(*objects: dict[str, Any], **rules: Any) -> Checked:
    """The objects of one file, checked."""
    declared = [declare(one, file="f.yaml", line=number) for number, one in enumerate(objects, 1)]
    return check(declared, SCOPES, Rules("root-sync", **rules))


def names(found: Checked) -> list[str]:
    """Kind and full name of what remains."""
    return [item.identity.subject for item in found.declared]


@pytest.mark.parametrize(
    ("knv", "objects"),
    [
        ("1005", [obj(annotations={"configmanagement.gke.io/managed": "false"})]),
        ("1010", [obj(annotations={"configsync.gke.io/manager": ":root"})]),
        ("1011", [obj(labels={"configmanagement.gke.io/x": "y"})]),
        ("1013", [obj(annotations={"configmanagement.gke.io/namespace-selector": "x"})]),
        ("1014", [obj("Cluster", "c", "clusterregistry.k8s.io/v1alpha1")]),
        ("1029", [obj(namespace="default"), obj()]),
        ("1032", [obj("Repo", "repo", "configmanagement.gke.io/v1")]),
        ("1036", [obj(name="Bad_Name")]),
        ("1045", [obj(body={"status": {"ready": True}})]),
        ("1045", [obj(ownerReferences=[{"name": "x"}])]),
        ("1048", [definition(name="gadgets.example.com")]),
        ("1050", [obj("Ingress", "i", "extensions/v1beta1")]),
        ("1052", [obj("Namespace", "n", namespace="default")]),
        ("1055", [obj(namespace="Bad_Space")]),
        (
            "1056",
            [
                obj("Namespace", "n", annotations={"configmanagement.gke.io/managed": "disabled"}),
                obj(namespace="n"),
            ],
        ),
        ("1065", [obj("CustomResourceDefinition", "x.y", "apiextensions.k8s.io/v1")]),
    ],
)
def test_mistakes_block_the_commit(knv: str, objects: list[dict[str, Any]]) -> None:
    """A mistake has its code, names its place, and nothing of the commit is left to apply."""
    found = checked(*objects, obj(name="innocent"))
    assert [knv] == [fault.knv for fault in found.faults]
    assert found.faults[0].sites[0].file == "f.yaml"
    assert found.declared == ()


@pytest.mark.parametrize(
    ("knv", "one"),
    [
        ("1034", obj("Namespace", "config-management-system")),
        ("1043", definition("rootsyncs", "configsync.gke.io")),
        ("1069", obj("RootSync", "root-sync", "configsync.gke.io/v1beta1", namespace="config-management-system")),
    ],
)
def test_own_manifests_are_noted_or_refused(knv: str, one: dict[str, Any]) -> None:
    """What upstream refuses of the agent's own manifests is a note here and a fault when strict."""
    assert [knv] == [note[0] for note in checked(one).notes]
    assert checked(one).faults == ()
    assert [knv] == [fault.knv for fault in checked(one, strict=True).faults]


def test_the_served_root_sync_is_left_to_others() -> None:
    """A RootSync that declares itself is not managed by itself, another RootSync is."""
    system = {"api": "configsync.gke.io/v1beta1", "namespace": "config-management-system"}
    found = checked(obj("RootSync", "root-sync", **system), obj("RootSync", "other", **system))
    assert names(found) == ["RootSync/config-management-system/other"]


def test_unknown_kind_does_not_block() -> None:
    """KNV1021 leaves out its object only, and a definition in the same commit makes the kind known."""
    widget = obj("Widget", "w", "example.com/v1", namespace="default")
    found = checked(widget, obj())
    assert [fault.knv for fault in found.faults] == ["1021"]
    assert 'type "Widget.example.com"' in found.faults[0].text
    assert names(found) == ["ConfigMap/default/a"]
    assert checked(widget, definition()).faults == ()


def test_scopes_come_from_served_versions() -> None:
    """A definition makes the kinds of its served versions known."""
    assert scopes_of_definitions([declare(definition())]) == {("example.com/v1", "Widget"): True}


def test_missing_namespace_is_default() -> None:
    """A namespaced object without a namespace lives in default, where nothing implicit is needed."""
    assert names(checked(obj())) == ["ConfigMap/default/a"]


def test_implicit_namespaces() -> None:
    """A namespace that objects need and nothing declares is added once; with the strategy explicit it is not."""
    objects = [obj(namespace="ran"), obj(name="b", namespace="ran"), obj("Namespace", "core"), obj(namespace="core")]
    assert [item.identity.subject for item in checked(*objects).declared if item.implicit] == ["Namespace/ran"]
    assert not [item for item in checked(*objects, implicit_namespaces=False).declared if item.implicit]


def test_given_up_objects_need_no_namespace() -> None:
    """No namespace is made for an object whose management is disabled."""
    off = obj(namespace="ran", annotations={"configmanagement.gke.io/managed": "disabled"})
    assert names(checked(off)) == ["ConfigMap/ran/a"]


@pytest.mark.parametrize(("cluster", "count"), [("my-ran", 1), ("MY-core", 1), ("other", 0), ("", 0)])
def test_cluster_name_selector(cluster: str, count: int) -> None:
    """An object with a cluster-name selector is declared on the clusters named, case aside, and nowhere else."""
    one = obj(annotations={"configsync.gke.io/cluster-name-selector": "my-ran, my-core"})
    assert count == len(checked(one, cluster=cluster).declared)


def test_variants_for_several_clusters_do_not_collide() -> None:
    """Duplicates are looked for after the cluster has chosen."""
    variants = [obj(annotations={"configsync.gke.io/cluster-name-selector": name}) for name in ("one", "two")]
    assert len(checked(*variants, cluster="one").declared) == 1


def test_names_of_roles_may_hold_colons() -> None:
    """Roles are named by path segments, not by DNS names."""
    assert checked(obj("ClusterRole", "system:reader", "rbac.authorization.k8s.io/v1")).faults == ()


def test_all_mistakes_of_a_stage_are_told() -> None:
    """One look shows every mistake of the first stage, not only the first."""
    found = checked(obj(name="Bad_1"), obj(name="Bad_2"), obj(body={"status": {"x": 1}}))
    assert [fault.knv for fault in found.faults] == ["1036", "1036", "1045"]


def test_empty_status_and_null_timestamp_are_fine() -> None:
    """Generated manifests carry `status: {}` and `creationTimestamp: null`, which say nothing."""
    found: Declared = checked(obj(creationTimestamp=None, body={"status": {}})).declared[0]
    assert found.identity.name == "a"
