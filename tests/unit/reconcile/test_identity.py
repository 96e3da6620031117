"""Names of objects in every form that the tools write."""

from __future__ import annotations

import pytest

from lab.reconcile.identity import Identity, identity_of, parse_reference

UPF = Identity("apps", "Deployment", "ran", "upf")
RAN = Identity("", "Namespace", "", "ran")


def test_forms_of_a_namespaced_object() -> None:
    """Each tool has its own way to write one object."""
    assert UPF.resource_id == "apps_deployment_ran_upf"
    assert UPF.described == "Deployment.apps, ran/upf"
    assert UPF.inventory_id == "ran_upf_apps_Deployment"
    assert UPF.reference == "apps/namespaces/ran/Deployment/upf"
    assert UPF.subject == "Deployment/ran/upf"


def test_forms_of_a_cluster_scoped_core_object() -> None:
    """Without group and namespace their places stay empty or are left out, as each form has it."""
    assert RAN.resource_id == "_namespace_ran"
    assert RAN.described == "Namespace, /ran"
    assert RAN.inventory_id == "_ran__Namespace"
    assert RAN.reference == "/Namespace/ran"
    assert RAN.subject == "Namespace/ran"


@pytest.mark.parametrize("identity", [UPF, RAN, Identity("", "ConfigMap", "ran", "cfg")])
def test_reference_reads_back(identity: Identity) -> None:
    """A depends-on reference names exactly one object."""
    assert identity == parse_reference(f" {identity.reference} ")


def test_nonsense_is_no_reference() -> None:
    """What has another form names nothing."""
    assert [parse_reference("upf"), parse_reference("apps/namespaces//Deployment/upf")] == [None, None]


def test_identity_of_object() -> None:
    """The version of an object is no part of its identity."""
    obj = {"apiVersion": "apps/v1beta2", "kind": "Deployment", "metadata": {"name": "upf", "namespace": "ran"}}
    assert identity_of(obj) == UPF
