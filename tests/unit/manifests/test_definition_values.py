"""What the kinds of the lab take and refuse, by their schemas and their CEL rules."""

from __future__ import annotations

from typing import Any

import cel
import pytest

from lab.apiserver.core.schema import structural_node
from lab.manifests import load


def _schema_of(name: str) -> dict[str, Any]:
    return next(
        crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for crd in [*load.crds("management"), *load.crds("workload")]
        if crd["metadata"]["name"] == name
    )


def _refusals(schema: dict[str, Any], value: dict[str, Any], old: dict[str, Any] | None = None) -> list[str]:
    """Messages of the CEL rules that the value breaks, over every object and scalar that it has."""
    found = []
    for rule in schema.get("x-kubernetes-validations", ()):
        names = {"self": value} if old is None else {"self": value, "oldSelf": old}
        if "oldSelf" in rule["rule"] and old is None:
            continue
        if not cel.evaluate(rule["rule"], names):
            found.append(rule["message"])
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            if name in value:
                found += _refusals(child, value[name], None if old is None else old.get(name))
    return found


def _object_of(kind: str, spec: dict[str, Any], api_version: str = "infra.nephio.org/v1alpha1") -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "my-ran"}, "spec": spec}


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            {
                "clusterName": "my-ran",
                "siteCode": "site-ran-01",
                "cnis": ["calico", "macvlan"],
                "provider": "baremetal",
            },
            id="the lab's shape",
        ),
        pytest.param(
            {"siteCode": "site-ran-01", "cniConfig": {"cniType": "macvlan", "masterInterface": "eth1"}},
            id="upstream's shape",
        ),
        pytest.param(
            {
                "clusterName": "my-ran",
                "networks": [{"name": "n3", "cidr": "172.21.3.0/24"}, {"name": "v6", "cidr": "fd00::/64"}],
            },
            id="with networks",
        ),
    ],
)
def test_cluster_context_takes_both_shapes(spec, judge):
    """Facts about a cluster are taken in the lab's shape and in upstream's."""
    context = _object_of("ClusterContext", spec)

    assert judge.faults(context) == []
    assert _refusals(_schema_of("clustercontexts.infra.nephio.org"), context) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kubeconfig", "apiVersion: v1"),
        ("server", "https://10.0.0.1:6443"),
        ("apiServer", "https://10.0.0.1:6443"),
        ("endpoint", "10.0.0.1:6443"),
        ("url", "https://10.0.0.1:6443"),
        ("token", "abc"),
        ("username", "admin"),
        ("password", "secret"),
        ("certificate", "-----BEGIN CERTIFICATE-----"),
        ("certificateAuthority", "-----BEGIN CERTIFICATE-----"),
        ("clientCertificate", "-----BEGIN CERTIFICATE-----"),
        ("clientKey", "-----BEGIN PRIVATE KEY-----"),
        ("kubeconfigSecretRef", {"name": "my-ran-kubeconfig"}),
        ("secretRef", {"name": "my-ran"}),
        ("credentials", {"token": "abc"}),
    ],
)
def test_cluster_context_refuses_a_way_in_with_the_reason(field, value, judge):
    """A field by which the cluster could be reached is refused by name, and the message says why."""
    context = _object_of("ClusterContext", {"clusterName": "my-ran", field: value})
    schema = _schema_of("clustercontexts.infra.nephio.org")
    rules = schema["properties"]["spec"]["x-kubernetes-validations"]
    broken = [rule for rule in rules if not cel.evaluate(rule["rule"], {"self": context["spec"]})]

    assert judge.faults(context) == [], "the rule must answer, not the schema"
    assert [f".{field}"] == [rule["fieldPath"] for rule in broken]
    assert broken[0]["reason"] == "FieldValueForbidden"
    assert "metadata for rendering" in broken[0]["message"]


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"clusterName": "My_Ran"}, id="name is no label"),
        pytest.param({"cnis": ["macvlan", "macvlan"]}, id="a CNI twice"),
        pytest.param({"cniConfig": {"cniType": "macvlan"}}, id="interface missing"),
        pytest.param({"networks": [{"name": "n3", "cidr": "172.21.3.0"}]}, id="no prefix length"),
        pytest.param({"networks": [{"name": "n3", "cidr": "172.21.3.0/33"}]}, id="prefix too long"),
        pytest.param({"networks": [{"name": "n3", "cidr": "300.0.0.0/8"}]}, id="no address"),
        pytest.param(
            {"networks": [{"name": "n3", "cidr": "10.0.0.0/8"}, {"name": "n3", "cidr": "11.0.0.0/8"}]},
            id="a network twice",
        ),
    ],
)
def test_cluster_context_refuses_what_cannot_be_rendered_with(spec, judge):
    """Names, CNIs and ranges that no render could use are refused at once."""
    assert judge.faults(_object_of("ClusterContext", spec))


@pytest.mark.parametrize("revision", [1, "v1", -1])
def test_variant_takes_a_revision_as_number_and_as_text(revision, judge):
    """The upstream revision is taken as upstream writes it and as people write it."""
    variant = _object_of(
        "PackageVariant",
        {
            "upstream": {"repo": "nephio-blueprints", "package": "cluster-baseline", "revision": revision},
            "downstream": {"repo": "nephio-my-ran", "package": "cluster-baseline"},
        },
        "config.porch.kpt.dev/v1alpha1",
    )

    assert judge.faults(variant) == []


def test_variant_takes_everything_that_upstream_declares(judge):
    """A PackageVariant with every field of upstream passes a strict server."""
    function = {
        "name": "cluster",
        "image": "apply-setters:v0.2.0",
        "configMap": {"cluster-name": "my-ran"},
        "selectors": [{"kind": "Namespace", "labels": {"a": "b"}}],
        "exclude": [{"apiVersion": "v1", "name": "x", "namespace": "y", "annotations": {"a": "b"}}],
    }
    variant = _object_of(
        "PackageVariant",
        {
            "upstream": {"repo": "a", "package": "b", "workspaceName": "v1"},
            "downstream": {"repo": "c", "package": "d"},
            "adoptionPolicy": "adoptExisting",
            "deletionPolicy": "orphan",
            "labels": {"a": "b"},
            "annotations": {"approval.nephio.org/policy": "initial"},
            "packageContext": {"data": {"a": "b"}, "removeKeys": ["c"]},
            "pipeline": {"mutators": [function], "validators": [{"exec": "x", "configPath": "y.yaml", "tag": "v1"}]},
            "injectors": [{"group": "infra.nephio.org", "version": "v1alpha1", "kind": "WorkloadCluster", "name": "x"}],
        },
        "config.porch.kpt.dev/v1alpha1",
    )
    variant["status"] = {
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "NoErrors",
                "message": "",
                "lastTransitionTime": "2026-01-10T12:00:00Z",
            }
        ],
        "downstreamTargets": [{"name": "c.d.packagevariant-1", "renderStatus": {"error": "", "result": {"x": 1}}}],
    }

    assert judge.faults(variant) == []


def test_variant_with_a_wrong_policy_is_left_to_the_controller(judge):
    """As upstream, the API server takes an unknown policy, and the condition Stalled says what is wrong."""
    variant = _object_of("PackageVariant", {"adoptionPolicy": "adoptSometimes"}, "config.porch.kpt.dev/v1alpha1")

    assert judge.faults(variant) == []


@pytest.mark.parametrize("name", ["a.b", "x" * 64])
def test_repository_name_begins_names_of_revisions(name, judge):
    """A Repository whose name could not begin the name of a package revision is refused."""
    repository = _object_of("Repository", {"type": "git"}, "config.porch.kpt.dev/v1alpha1")
    repository["metadata"]["name"] = name

    assert ["RFC 1123 label" in text for text in _refusals(_schema_of("repositories.config.porch.kpt.dev"), repository)]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("type",), "oci", "spec.type is immutable"),
        (("git", "repo"), "http://git/b.git", "spec.git.repo is immutable"),
        (("git", "branch"), "other", "spec.git.branch is immutable"),
        (("git", "directory"), "/x", "spec.git.directory is immutable"),
    ],
)
def test_repository_stays_where_it_is(path, value, message):
    """What a Repository points at cannot be changed afterwards."""
    spec = {"type": "git", "git": {"repo": "http://git/a.git", "branch": "main", "directory": "/"}}
    changed = {**spec, "git": dict(spec["git"])}
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    schema = _schema_of("repositories.config.porch.kpt.dev")["properties"]["spec"]

    assert [message] == _refusals(schema, changed, spec)
    assert _refusals(schema, spec, spec) == []


def test_repository_content_is_package():
    """The deprecated field takes only its default."""
    schema = _schema_of("repositories.config.porch.kpt.dev")["properties"]["spec"]

    assert _refusals(schema, {"content": "Function"}) == [
        "spec.content is deprecated, its only valid value is 'Package'"
    ]
    assert _refusals(schema, {"content": "Package"}) == []


def test_repository_defaults_are_those_of_upstream():
    """Content, and the branch of a Git repository, are filled in."""
    repository = _object_of("Repository", {"type": "git", "git": {"repo": "x"}}, "config.porch.kpt.dev/v1alpha1")
    structural_node(_schema_of("repositories.config.porch.kpt.dev")).apply_defaults(repository)

    assert repository["spec"] == {"type": "git", "content": "Package", "git": {"repo": "x", "branch": "main"}}


def test_rootsync_with_unknown_auth_is_refused_at_the_door(judge):
    """A wrong kind of authentication never reaches the agent."""
    root_sync = _object_of("RootSync", {"git": {"repo": "x", "auth": "wrong"}}, "configsync.gke.io/v1beta1")

    assert ["spec.git.auth" in fault for fault in judge.faults(root_sync)] == [True]


def test_rootsync_takes_the_first_status_of_upstream(judge):
    """The three stages exist from the start, with a null as the time of their last update."""
    empty = {"lastUpdate": None}
    root_sync = _object_of("RootSync", {"git": {"repo": "x", "auth": "none"}}, "configsync.gke.io/v1beta1")
    root_sync["status"] = {
        "observedGeneration": 1,
        "reconciler": "root-reconciler",
        "source": empty,
        "rendering": empty,
        "sync": empty,
    }

    assert judge.faults(root_sync) == []
