"""All three forms of discovery tell the same resources."""

from lab.apiserver.core.discovery import (
    aggregated,
    api_group,
    api_groups,
    api_resource_list,
    api_versions,
    version_rank,
)
from lab.apiserver.core.resource import Resource, Subresource

EDIT = ("get", "patch", "update")
PODS = Resource("", "v1", "pods", "pod", "Pod", True, short_names=("po",), categories=("all",))
DEPLOYMENTS = Resource(
    "apps",
    "v1",
    "deployments",
    "deployment",
    "Deployment",
    True,
    short_names=("deploy",),
    subresources=(
        Subresource("status", "apps", "v1", "Deployment", EDIT),
        Subresource("scale", "autoscaling", "v1", "Scale", EDIT),
    ),
)
HPA_V1 = Resource("autoscaling", "v1", "horizontalpodautoscalers", "horizontalpodautoscaler", "HPA", True)
HPA_V2 = Resource("autoscaling", "v2", "horizontalpodautoscalers", "horizontalpodautoscaler", "HPA", True)
GADGETS = Resource("b.example.org", "v1alpha1", "gadgets", "gadget", "Gadget", False, custom=True)
OTHERS = Resource("a.example.org", "v1", "others", "other", "Other", False, custom=True)
ALL = (PODS, DEPLOYMENTS, HPA_V1, HPA_V2, GADGETS, OTHERS)


def test_versions_sort_by_stability_then_number() -> None:
    """Stable versions come before beta and alpha ones, whatever their numbers, and odd names come last."""
    versions = ["v1alpha1", "v2beta1", "v1", "v10", "v2", "v1beta2", "foo1"]
    assert sorted(versions, key=version_rank, reverse=True) == [
        "v10",
        "v2",
        "v1",
        "v2beta1",
        "v1beta2",
        "v1alpha1",
        "foo1",
    ]


def test_core_versions() -> None:
    """The core group has the one version v1."""
    assert api_versions()["versions"] == ["v1"]


def test_groups_prefer_the_most_stable_version() -> None:
    """Groups leave out core, list their versions best first, and custom groups follow by name."""
    groups = api_groups(ALL)["groups"]
    assert [group["name"] for group in groups] == ["apps", "autoscaling", "a.example.org", "b.example.org"]
    assert groups[1]["preferredVersion"]["groupVersion"] == "autoscaling/v2"


def test_one_group() -> None:
    """A group that is not served has no description."""
    found = api_group("apps", ALL)
    assert found is not None
    assert found["kind"] == "APIGroup"
    assert api_group("none.example.org", ALL) is None


def test_resource_list_names_subresources() -> None:
    """A resource is followed by its subresources, with the group of their kind only where it differs."""
    found = api_resource_list("apps", "v1", ALL)
    assert [r["name"] for r in found["resources"]] == ["deployments", "deployments/scale", "deployments/status"]
    scale, status = found["resources"][1:]
    assert (scale["group"], scale["kind"], scale["singularName"]) == ("autoscaling", "Scale", "")
    assert "group" not in status
    assert "shortNames" not in scale


def test_aggregated_splits_core_from_the_rest() -> None:
    """`/api` tells the core group, `/apis` all others, in the version that was asked for."""
    core = aggregated(ALL, core=True, beta=False)
    assert core["apiVersion"] == "apidiscovery.k8s.io/v2"
    assert [r["resource"] for r in core["items"][0]["versions"][0]["resources"]] == ["pods"]
    rest = aggregated(ALL, core=False, beta=True)
    assert rest["apiVersion"] == "apidiscovery.k8s.io/v2beta1"
    assert [v["version"] for v in rest["items"][1]["versions"]] == ["v2", "v1"]


def test_forms_agree() -> None:
    """The aggregated form and the older one name the same resources."""
    old = {
        (group["name"], version["version"], resource["name"])
        for group in api_groups(ALL)["groups"]
        for version in group["versions"]
        for resource in api_resource_list(group["name"], version["version"], ALL)["resources"]
    }
    new = set()
    for group in aggregated(ALL, core=False, beta=False)["items"]:
        for version in group["versions"]:
            for resource in version["resources"]:
                names = [resource["resource"]]
                names += [f"{names[0]}/{sub['subresource']}" for sub in resource.get("subresources", [])]
                new |= {(group["metadata"]["name"], version["version"], name) for name in names}
    assert old == new
