"""Schemas of CustomResourceDefinitions and of built-in kinds; the recordings come from tools/apidata/recorder."""

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from lab.apiserver.core import cel, data
from lab.apiserver.core.schema import builtin_node, component_node, structural_node

RECORDED = json.loads(gzip.decompress((Path(__file__).parent / "recorded" / "customs.json.gz").read_bytes()))
CASES = [pytest.param(case, id=str(index)) for index, case in enumerate(RECORDED["cases"])]


@pytest.mark.parametrize("case", CASES)
def test_a_custom_resource_is_pruned_defaulted_and_judged_as_in_kubernetes(case: dict[str, Any]) -> None:
    """Unknown paths, the resulting object, and every schema, list and rule fault equal those of the real server."""
    node = structural_node(RECORDED["schemas"][case["schema"]])
    obj = copy.deepcopy(case["object"])
    unknown = [path for path in node.unknown_fields(obj) if not path.startswith("metadata.")]
    assert sorted(case["unknown"]) == unknown
    node.apply_defaults(node.prune(obj))
    errors = node.validate(obj) or cel.validate_rules(node, obj, case.get("live"))
    wanted = [(e["reason"].removeprefix("FieldValue"), e["field"], e["message"]) for e in case["errors"]]
    assert sorted(wanted) == sorted((e.kind, e.field, e.message) for e in errors)
    obj["metadata"] = case["result"]["metadata"]
    assert case["result"] == obj


def test_all_rules_of_the_recorded_schema_compile() -> None:
    """Rules with functions of Kubernetes' CEL libraries and with optional access are all known here."""
    assert cel.rule_faults(structural_node(RECORDED["schemas"][1])) == []


def test_a_rule_with_an_unknown_function_is_named() -> None:
    """A rule that cannot be evaluated is reported with its text, so that the definition can carry a warning."""
    rule = {"rule": "self.frobnicate() > 1"}
    node = structural_node({"type": "object", "x-kubernetes-validations": [rule]})
    assert cel.rule_faults(node) == ["self.frobnicate() > 1: unknown function frobnicate"]
    assert cel.validate_rules(node, {"kind": "X"}, None) == []


def test_equal_schemas_share_one_tree() -> None:
    """A thousand clusters with the same definition hold its compiled schema once."""
    schema = {"type": "object", "properties": {"spec": {"type": "object"}}}
    assert structural_node(schema) is structural_node(copy.deepcopy(schema))


def test_a_property_called_ref_is_a_property() -> None:
    """The schema type of definitions has properties named `$ref` and `default`; they are no references."""
    node = component_node("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps")
    assert node.properties["$ref"].type == "string"
    assert node is node.properties["not"]


def test_builtin_unknown_fields_are_named_with_their_paths() -> None:
    """Unknown members of built-in objects are listed, list indexes included."""
    node = builtin_node("apps", "v1", "Deployment")
    assert node is not None
    obj = {"spec": {"replica": 1, "template": {"spec": {"containers": [{"name": "a", "imag": "b"}]}}}}
    assert node.unknown_fields(obj) == ["spec.replica", "spec.template.spec.containers[0].imag"]


def test_discovery_holds_what_kubernetes_serves_by_default() -> None:
    """Stable versions only, each resource with its schema, generation and field selectors."""
    resources = {(r.api_version, r.plural): r for r in data.builtin_resources()}
    assert all(r.version in ("v1", "v2") for r in resources.values())
    pods = resources["v1", "pods"]
    assert pods.short_names == ("po",)
    assert pods.has_generation
    assert "spec.nodeName" in pods.selectable_fields
    assert getattr(resources["apps/v1", "deployments"].subresource("scale"), "kind", None) == "Scale"
    assert not resources["v1", "configmaps"].has_generation
    assert {"tokenreviews", "subjectaccessreviews"} >= {p for (_, p), r in resources.items() if r.schema is None}


def test_merge_keys_and_atomicity_of_builtin_lists() -> None:
    """Containers are keyed by name, ports by number and protocol, arguments are one value."""
    pod = component_node("io.k8s.api.core.v1.PodSpec")
    container = component_node("io.k8s.api.core.v1.Container")
    assert (pod.properties["containers"].list_type, pod.properties["containers"].map_keys) == ("map", ("name",))
    assert container.properties["ports"].map_keys == ("containerPort", "protocol")
    assert container.properties["args"].atomic
    assert component_node("io.k8s.api.apps.v1.DeploymentSpec").properties["selector"].atomic
