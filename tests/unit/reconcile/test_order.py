"""In which order objects are applied and removed."""

from __future__ import annotations

from typing import Any

from lab.reconcile.declared import Declared, declare
from lab.reconcile.identity import Identity
from lab.reconcile.order import dependencies, phases, removal


def item(kind: str, name: str, namespace: str = "", api: str = "v1", needs: str = "", **body: Any) -> Declared:
    """A declared object."""
    meta: dict[str, Any] = {"name": name, **({"namespace": namespace} if namespace else {})}
    if needs:
        meta["annotations"] = {"config.kubernetes.io/depends-on": needs}
    return declare({"apiVersion": api, "kind": kind, "metadata": meta, **body})


def names(*declared: Declared) -> list[list[str]]:
    """The phases by subject."""
    groups, fault = phases(dependencies(declared)[0])
    assert fault is None
    return [[who.subject for who in group] for group in groups]


def test_kinds_have_an_order_inside_a_phase() -> None:
    """Known kinds come in their order, unknown ones by group and kind, validating webhooks last."""
    webhook = item("ValidatingWebhookConfiguration", "v", api="admissionregistration.k8s.io/v1")
    found = names(
        webhook,
        item("Widget", "w", "x", "example.com/v1"),
        item("Deployment", "d", "x", "apps/v1"),
        item("ConfigMap", "b", "x"),
        item("ConfigMap", "a", "x"),
        item("ServiceAccount", "s", "x"),
        item("Namespace", "n"),
    )
    order = ["Namespace", "ServiceAccount", "ConfigMap", "ConfigMap", "Deployment", "Widget"]
    assert [[*order, "ValidatingWebhookConfiguration"]] == [[one.split("/")[0] for one in group] for group in found]
    assert found[0][2:4] == ["ConfigMap/x/a", "ConfigMap/x/b"]


def test_namespaces_and_definitions_come_before_what_needs_them() -> None:
    """An object waits for its declared namespace, a custom resource for its definition."""
    names_ = {"kind": "Widget", "plural": "widgets"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names_, "versions": [{"name": "v1"}]}
    crd = item("CustomResourceDefinition", "widgets.example.com", api="apiextensions.k8s.io/v1", spec=spec)
    found = names(
        item("Widget", "w", "ran", "example.com/v1"), item("ConfigMap", "c", "ran"), crd, item("Namespace", "ran")
    )
    assert found == [
        ["Namespace/ran", "CustomResourceDefinition/widgets.example.com"],
        ["ConfigMap/ran/c", "Widget/ran/w"],
    ]


def test_explicit_dependencies() -> None:
    """depends-on puts an object into a later phase."""
    found = names(
        item("ConfigMap", "a", "x", needs="/namespaces/x/ConfigMap/z, /namespaces/x/ConfigMap/b"),
        item("ConfigMap", "b", "x", needs="/namespaces/x/ConfigMap/z"),
        item("ConfigMap", "z", "x"),
    )
    assert found == [["ConfigMap/x/z"], ["ConfigMap/x/b"], ["ConfigMap/x/a"]]


def test_dependency_outside_the_commit() -> None:
    """What is not declared cannot be depended upon: KNV2009 in the library's words."""
    declared = [item("ConfigMap", "a", "dep-ns", needs="/namespaces/dep-ns/ConfigMap/nowhere")]
    text = (
        'invalid object: "dep-ns_a__ConfigMap": invalid "config.kubernetes.io/depends-on" annotation: external '
        "dependency: /namespaces/dep-ns/ConfigMap/a -> /namespaces/dep-ns/ConfigMap/nowhere"
    )
    assert [("2009", text)] == [(fault.knv, fault.text) for fault in dependencies(declared)[1]]


def test_cycle_names_those_on_it() -> None:
    """A cycle is KNV2009 and names the objects on it, not those that wait for them."""
    declared = [
        item("ConfigMap", "a", "n", needs="/namespaces/n/ConfigMap/z"),
        item("ConfigMap", "z", "n", needs="/namespaces/n/ConfigMap/a"),
        item("ConfigMap", "waits", "n", needs="/namespaces/n/ConfigMap/a"),
    ]
    groups, fault = phases(dependencies(declared)[0])
    assert groups == []
    assert fault is not None
    assert fault.text.startswith('invalid objects: ["n_a__ConfigMap", "n_z__ConfigMap"] cyclic dependency: ')


def test_removal_turns_the_order_round() -> None:
    """Contents go before their namespace, custom resources before their definition."""
    widget = Identity("example.com", "Widget", "ran", "w")
    crd = Identity("apiextensions.k8s.io", "CustomResourceDefinition", "", "widgets.example.com")
    namespace = Identity("", "Namespace", "", "ran")
    deployment = Identity("apps", "Deployment", "ran", "d")
    found = removal([namespace, crd, deployment, widget])
    assert {widget, deployment} == set(found[:2])
    assert [crd, namespace] == found[2:]
