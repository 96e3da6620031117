"""The mark of management."""

from __future__ import annotations

import json

import pytest

from lab.reconcile.declared import declare
from lab.reconcile.metadata import Mark, applyset_id, manager_name, manager_of, marked, unmarking

MARK = Mark("edge1", "http://git/x.git", "main", "HEAD", "my-ran")
CONFIG_MAP = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "cfg", "namespace": "ran", "labels": {"mine": "yes"}},
}


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("root-sync", "e22zDPwKdkFqCzUzScEvOv2nZZ55DLNRI-wrMTICH94"),
        ("edge1", "29OX1Z75fL-irqQvuochuzryVyaFuGsRtKwsi_exfyU"),
        ("edge-berlin", "NErycV3zFHnyleP5pPhVndv8tZjxi35NzLp-w-H8PQs"),
    ],
)
def test_applyset_identifier(name: str, digest: str) -> None:
    """The identifier is the one that Kubernetes' ApplySet rules give a RootSync."""
    assert f"applyset-{digest}-v1" == applyset_id(name)


def test_manager_names() -> None:
    """The RootSync named root-sync is the root; any other is named behind it."""
    assert [manager_name("root-sync"), manager_name("edge1")] == [":root", ":root_edge1"]


def test_mark_of_a_declared_object() -> None:
    """Everything that Config Sync writes is there, and what was declared is kept."""
    obj = marked(declare(CONFIG_MAP, file="ran/cfg.yaml"), MARK, "c0ffee")
    assert {
        "mine": "yes",
        "app.kubernetes.io/managed-by": "configmanagement.gke.io",
        "configsync.gke.io/declared-version": "v1",
        "applyset.kubernetes.io/part-of": applyset_id("edge1"),
    } == obj["metadata"]["labels"]
    annotations = obj["metadata"]["annotations"]
    context = json.loads(annotations.pop("configsync.gke.io/git-context"))
    assert context == {"repo": "http://git/x.git", "branch": "main", "rev": "HEAD"}
    assert annotations == {
        "configmanagement.gke.io/managed": "enabled",
        "configmanagement.gke.io/token": "c0ffee",
        "configmanagement.gke.io/source-path": "ran/cfg.yaml",
        "configmanagement.gke.io/cluster-name": "my-ran",
        "configsync.gke.io/resource-id": "_configmap_ran_cfg",
        "configsync.gke.io/manager": ":root_edge1",
        "config.k8s.io/owning-inventory": "config-management-system_edge1",
    }


def test_mark_of_an_implicit_namespace() -> None:
    """It has neither declared version nor source, and is kept when nothing needs it any more."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ran"}}
    meta = marked(declare(namespace, implicit=True), MARK, "c0ffee")["metadata"]
    assert "configsync.gke.io/declared-version" not in meta["labels"]
    assert "configmanagement.gke.io/source-path" not in meta["annotations"]
    assert meta["annotations"]["client.lifecycle.config.k8s.io/deletion"] == "detach"


def test_copy_of_a_managed_object_is_unmanaged() -> None:
    """Only an object whose resource-id is its own counts as managed."""
    obj = marked(declare(CONFIG_MAP), MARK, "c0ffee")
    assert manager_of(obj) == ":root_edge1"
    obj["metadata"]["name"] = "copy"
    assert manager_of(obj) == ""


def test_unmarking_takes_exactly_the_mark() -> None:
    """What is not ours is not touched, and an object without mark needs no patch."""
    patch = unmarking(marked(declare(CONFIG_MAP), MARK, "c0ffee"))["metadata"]
    assert "mine" not in patch["labels"]
    assert {None} == {*patch["labels"].values(), *patch["annotations"].values()}
    assert unmarking(CONFIG_MAP) == {}
