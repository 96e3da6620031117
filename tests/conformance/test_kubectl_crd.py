"""kubectl and CustomResourceDefinitions: define, explain, create, show, describe, scale, delete."""

import json
import re

import pytest

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.conformance.example.org}
spec:
  group: conformance.example.org
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget, shortNames: [gd], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Color, type: string, jsonPath: .spec.color, priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        description: A gadget is a thing.
        required: [spec]
        properties:
          spec:
            type: object
            description: What is wanted.
            required: [size]
            x-kubernetes-validations:
            - {rule: "self.size < 10", message: size must be below ten}
            properties:
              size: {type: integer, minimum: 0, description: How big.}
              color: {type: string, enum: [red, green], default: red}
          status:
            type: object
            x-kubernetes-preserve-unknown-fields: true
"""
GADGET = """
apiVersion: conformance.example.org/v1
kind: Gadget
metadata: {name: %s}
spec: {size: %s}
"""


@pytest.fixture(scope="module")
def gadgets(kubectl, shared_namespace):
    """A namespace of a cluster that serves gadgets."""
    kubectl("apply", "-f", "-", input=CRD)
    kubectl("wait", "crd/gadgets.conformance.example.org", "--for=condition=Established", "--timeout=10s")
    yield shared_namespace
    kubectl("delete", "crd", "gadgets.conformance.example.org", "--timeout=20s")
    assert "gadgets" not in kubectl("get", "--raw", "/apis")


def test_crd_is_shown(kubectl, gadgets) -> None:
    """A definition is listed with its time of creation, and described."""
    assert re.search(r"gadgets.conformance.example.org +\d{4}-\d\d-\d\dT", kubectl("get", "crd"))
    assert re.search(r"Accepted Names:", kubectl("describe", "crd", "gadgets.conformance.example.org"))


def test_explain(kubectl, gadgets) -> None:
    """Fields of a custom kind are explained with the words of its schema."""
    assert "A gadget is a thing." in kubectl("explain", "gadget")
    assert re.search(r"FIELD: size <integer>[\s\S]*How big\.", kubectl("explain", "gadget.spec.size"))


def test_defaults_and_columns(kubectl, gadgets) -> None:
    """Defaults are filled in and printer columns are shown, wide ones on demand."""
    kubectl("create", "-n", gadgets, "-f", "-", input=GADGET % ("plain", 3))
    assert re.search(r"NAME +SIZE +READY +AGE\nplain +3 +\d+s", kubectl("get", "gd", "plain", "-n", gadgets))
    assert re.search(r"COLOR +AGE\nplain +3 +red", kubectl("get", "gd", "plain", "-n", gadgets, "-o", "wide"))
    assert re.search(r"Size: +3", kubectl("describe", "gadget", "plain", "-n", gadgets))
    assert "gadget.conformance.example.org/plain" in kubectl("get", "all", "-n", gadgets, "-o", "name")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("{}", "spec.size: Required value"),
        ("{size: -1}", "spec.size in body should be greater than or equal to 0"),
        ("{size: 1, color: blue}", 'Unsupported value: "blue": supported values: "red", "green"'),
        ("{size: many}", 'spec.size in body must be of type integer: "string"'),
        ("{size: 12}", "size must be below ten"),
        ("{size: 1, odd: 1}", 'unknown field "spec.odd"'),
    ],
)
def test_schema_is_kept(kubectl, gadgets, spec: str, told: str) -> None:
    """What the schema forbids is refused with Kubernetes' words."""
    text = GADGET.replace("{size: %s}", spec) % "bad"
    assert told in kubectl("create", "-n", gadgets, "-f", "-", input=text, fails=True)


def test_apply_twice(kubectl, gadgets) -> None:
    """Custom resources are applied on the client and on the server."""
    assert "created" in kubectl("apply", "-n", gadgets, "-f", "-", input=GADGET % ("applied", 1))
    assert "configured" in kubectl("apply", "-n", gadgets, "-f", "-", input=GADGET % ("applied", 2))
    assert "unchanged" in kubectl("apply", "-n", gadgets, "-f", "-", input=GADGET % ("applied", 2))
    assert "serverside-applied" in kubectl(
        "apply", "--server-side", "-n", gadgets, "-f", "-", input=GADGET % ("applied", 4)
    )


def test_status_is_separate(kubectl, gadgets) -> None:
    """The status is written through its own door only, and shows in its column."""
    kubectl("create", "-n", gadgets, "-f", "-", input=GADGET % ("ready", 1))
    ready = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
    kubectl("patch", "gd", "ready", "-n", gadgets, "--type=merge", "-p", ready)
    assert "status" not in json.loads(kubectl("get", "gd", "ready", "-n", gadgets, "-o", "json"))
    kubectl("patch", "gd", "ready", "-n", gadgets, "--type=merge", "--subresource=status", "-p", ready)
    assert re.search(r"ready +1 +True", kubectl("get", "gd", "ready", "-n", gadgets))
    kubectl("wait", "gd/ready", "-n", gadgets, "--for=condition=Ready", "--timeout=5s")


def test_scale(kubectl, gadgets) -> None:
    """The scale subresource is served where it was asked for."""
    kubectl("create", "-n", gadgets, "-f", "-", input=GADGET % ("scaled", 1))
    assert "scaled" in kubectl("scale", "gd/scaled", "-n", gadgets, "--replicas=5")
    assert kubectl("get", "gd", "scaled", "-n", gadgets, "-o", "jsonpath={.spec.size} {.metadata.generation}") == "5 2"


def test_strategic_patch_is_unsupported(kubectl, gadgets) -> None:
    """Custom resources have no strategic merge patch."""
    kubectl("create", "-n", gadgets, "-f", "-", input=GADGET % ("unpatched", 1))
    refused = kubectl("patch", "gd", "unpatched", "-n", gadgets, "--type=strategic", "-p", "{}", fails=True)
    assert "application/strategic-merge-patch+json is not supported" in refused or "UnsupportedMediaType" in refused


def test_finalizer_holds(kubectl, gadgets) -> None:
    """A finalizer keeps an object until it is removed."""
    kubectl("create", "-n", gadgets, "-f", "-", input=GADGET % ("held", 1))
    kubectl("patch", "gd", "held", "-n", gadgets, "--type=merge", "-p", '{"metadata":{"finalizers":["example.org/f"]}}')
    kubectl("delete", "gd", "held", "-n", gadgets, "--wait=false")
    assert kubectl("get", "gd", "held", "-n", gadgets, "-o", "jsonpath={.metadata.deletionTimestamp}")
    kubectl("patch", "gd", "held", "-n", gadgets, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    assert "NotFound" in kubectl("get", "gd", "held", "-n", gadgets, fails=True)


def test_a_kind_without_definition_is_named(kubectl, tmp_path) -> None:
    """A custom resource before its definition is refused in kubectl's usual words."""
    path = tmp_path / "x.yaml"
    path.write_text("apiVersion: no.such/v1\nkind: Thing\nmetadata: {name: x}\n")
    told = kubectl("apply", "-f", str(path), fails=True)

    assert 'no matches for kind "Thing" in version "no.such/v1"' in told
    assert "ensure CRDs are installed first" in told
