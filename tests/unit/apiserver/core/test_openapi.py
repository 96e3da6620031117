"""OpenAPI v3 documents hold what kubectl looks for, and their hashes change with their content only."""

from collections.abc import Mapping
from typing import Any

from lab.apiserver.core import data
from lab.apiserver.core.openapi import OpenAPI, references
from lab.apiserver.core.resource import Resource, Subresource

EDIT = ("get", "patch", "update")
DEPLOYMENTS = Resource(
    "apps",
    "v1",
    "deployments",
    "deployment",
    "Deployment",
    True,
    subresources=(Subresource("scale", "autoscaling", "v1", "Scale", EDIT),),
)
GADGETS = Resource("b.example.org", "v1", "gadgets", "gadget", "Gadget", False, custom=True)
GADGET_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A gadget.",
    "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer", "description": "How big."}}}},
}


def made(schema: Mapping[str, Any] = GADGET_SCHEMA, **options: Any) -> OpenAPI:
    """The maker under test over the built-in components and one custom schema."""
    return OpenAPI(data.component, data.component_for, lambda r: schema if r.custom else None, **options)


def test_index_has_one_document_per_version() -> None:
    """Each group and version has a URL with a hash."""
    paths = made().index([DEPLOYMENTS, GADGETS])["paths"]
    assert list(paths) == ["apis/apps/v1", "apis/b.example.org/v1"]
    assert paths["apis/apps/v1"]["serverRelativeURL"].startswith("/openapi/v3/apis/apps/v1?hash=")


def test_hash_changes_with_the_schema_only() -> None:
    """A changed CRD changes the hash of its own document and of no other."""
    before = made().index([DEPLOYMENTS, GADGETS])["paths"]
    after = made({"type": "object"}).index([GADGETS, DEPLOYMENTS])["paths"]
    assert before["apis/apps/v1"] == after["apis/apps/v1"]
    assert before["apis/b.example.org/v1"] != after["apis/b.example.org/v1"]


def test_patch_operation_offers_field_validation() -> None:
    """kubectl finds field validation by the PATCH operation of a kind."""
    paths = made().document("apps", "v1", [DEPLOYMENTS])["paths"]
    patch = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert "fieldValidation" in [parameter["name"] for parameter in patch["parameters"]]


def test_scale_has_the_kind_of_its_bodies() -> None:
    """A subresource's operations name its own kind."""
    paths = made().document("apps", "v1", [DEPLOYMENTS])["paths"]
    scale = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]
    assert scale["get"]["x-kubernetes-group-version-kind"]["kind"] == "Scale"


def test_components_are_complete() -> None:
    """Every component that is referred to is in the document."""
    document = made().document("apps", "v1", [DEPLOYMENTS])
    schemas = document["components"]["schemas"]
    assert set() == set(references(document)) - set(schemas)
    assert "io.k8s.api.core.v1.PodSpec" in schemas


def test_custom_kind_is_published() -> None:
    """A CRD's schema is a component with its kind, the usual metadata, and no path with a namespace."""
    document = made().document("b.example.org", "v1", [GADGETS, DEPLOYMENTS])
    gadget = document["components"]["schemas"]["org.example.b.v1.Gadget"]
    assert gadget["properties"]["spec"]["properties"]["size"]["description"] == "How big."
    assert gadget["x-kubernetes-group-version-kind"] == [{"group": "b.example.org", "version": "v1", "kind": "Gadget"}]
    assert {"/apis/b.example.org/v1/gadgets", "/apis/b.example.org/v1/gadgets/{name}"} == set(document["paths"])


def test_documents_are_shared() -> None:
    """The same resources give the same document, whatever else a cluster serves."""
    maker = made()
    assert maker.document("apps", "v1", [DEPLOYMENTS]) is maker.document("apps", "v1", [GADGETS, DEPLOYMENTS])


def test_sentences_are_added() -> None:
    """What is said of a field stands in the document, and the shared data stays as it was."""
    said = {"io.k8s.api.apps.v1.DeploymentSpec": {"": "The spec.", "replicas": "How many."}}
    document = made(describe=lambda name: said.get(name, {})).document("apps", "v1", [DEPLOYMENTS])
    spec = document["components"]["schemas"]["io.k8s.api.apps.v1.DeploymentSpec"]
    assert (spec["description"], spec["properties"]["replicas"]["description"]) == ("The spec.", "How many.")
    assert "description" not in data.component("io.k8s.api.apps.v1.DeploymentSpec")


def test_a_property_called_ref_is_no_reference() -> None:
    """The schema of CRDs has a property that is itself called `$ref`."""
    assert list(references({"properties": {"$ref": {"type": "string"}, "a": {"$ref": "#/x/b"}}})) == ["b"]
