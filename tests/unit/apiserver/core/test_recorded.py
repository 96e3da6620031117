"""The algorithms give what Kubernetes' own Go code gave; see tools/apidata/recorder for how the recordings are made."""

import base64
import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from lab.apiserver.core import gotypes, protobuf
from lab.apiserver.core.apply.managers import track_update
from lab.apiserver.core.apply.server_side import server_side_apply
from lab.apiserver.core.data import builtin_resources
from lab.apiserver.core.defaults import apply_builtin_defaults
from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.patch import strategic
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.schema import Node, builtin_node, structural_node
from lab.apiserver.core.validation import validate_builtin

NOW = "2000-12-31T00:00:00Z"
RECORDED = Path(__file__).parent / "recorded"

CUSTOM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer"},
                "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                "plain": {"type": "array", "items": {"type": "string"}},
                "fixed": {
                    "type": "object",
                    "x-kubernetes-map-type": "atomic",
                    "additionalProperties": {"type": "string"},
                },
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "sites": {"type": "object", "additionalProperties": {"type": "integer"}},
                "rules": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name", "zone"],
                    "items": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "zone": {"type": "string", "default": "east"},
                            "weight": {"type": "integer"},
                        },
                    },
                },
            },
        }
    },
}


def recorded(name: str) -> list[Any]:
    """The cases of one recording."""
    cases = json.loads(gzip.decompress((RECORDED / f"{name}.json.gz").read_bytes()))
    return [pytest.param(case, id=f"{index}-{case['object']['kind']}") for index, case in enumerate(cases)]


def split(obj: dict[str, Any]) -> tuple[str, str, str]:
    """Group, version and kind of an object."""
    group, _, version = obj["apiVersion"].rpartition("/")
    return group, version, obj["kind"]


def node_of(obj: dict[str, Any]) -> Node:
    """The schema of an object."""
    node = structural_node(CUSTOM_SCHEMA) if obj["kind"] == "Foo" else builtin_node(*split(obj))
    assert node is not None
    return node


def resource_of(obj: dict[str, Any]) -> Resource:
    """The resource of an object, made up where no path serves it."""
    group, version, kind = split(obj)
    known = (r for r in builtin_resources() if (r.api_version, r.kind) == (obj["apiVersion"], kind))
    return next(known, Resource(group, version, kind.lower(), kind.lower(), kind, namespaced=True))


@pytest.mark.parametrize("case", recorded("objects"))
def test_an_object_comes_back_as_go_would_write_it(case: dict[str, Any]) -> None:
    """Empty optional members go, required ones appear, quantities and times take their standard spelling."""
    assert case["plain"] == gotypes.round_trip(*split(case["object"]), case["object"])


@pytest.mark.parametrize("case", recorded("objects"))
def test_defaults_are_those_of_kubernetes_and_stay_put(case: dict[str, Any]) -> None:
    """Every default of the real server is there, none more, and defaulting twice changes nothing."""
    resource = resource_of(case["object"])
    once = apply_builtin_defaults(resource, copy.deepcopy(case["object"]))
    assert case["default"] == once
    assert case["default"] == apply_builtin_defaults(resource, copy.deepcopy(once))


@pytest.mark.parametrize("case", recorded("objects"))
def test_a_protobuf_body_reads_like_the_json_one(case: dict[str, Any]) -> None:
    """What Go encoded as protobuf decodes to what Go would write as JSON."""
    assert case["plain"] == protobuf.decode(base64.b64decode(case["protobuf"]))


@pytest.mark.parametrize("case", recorded("patches"))
def test_strategic_merge_patch(case: dict[str, Any]) -> None:
    """Result, order of list items and error text equal those of the real strategic merge."""
    obj = case["object"]
    before = copy.deepcopy(obj)
    if "result" in case:
        assert case["result"] == strategic.apply(obj, case["patch"], node_of(obj))
    else:
        with pytest.raises(ApiError) as caught:
            strategic.apply(obj, case["patch"], node_of(obj))
        assert case["error"] == caught.value.message
    assert before == obj


def run(case: dict[str, Any]) -> dict[str, Any]:
    """Carry out one recorded step."""
    shared: dict[str, Any] = {
        "live": case.get("live"),
        "manager": case["manager"],
        "node": node_of(case["object"]),
        "api_version": case["object"]["apiVersion"],
        "subresource": case["subresource"],
        "now": NOW,
    }
    if case["operation"] == "update":
        return track_update(new=case["object"], **shared)
    return server_side_apply(applied=case["object"], force=case["force"], **shared)


@pytest.mark.parametrize("case", recorded("applies"))
def test_apply_and_update_share_out_the_fields_alike(case: dict[str, Any]) -> None:
    """The object, every manager's field set, its time, and every conflict equal those of the real field manager."""
    if "result" not in case:
        with pytest.raises(ApiError) as caught:
            run(case)
        causes = [(c["reason"], c["message"], c["field"]) for c in caught.value.status()["details"]["causes"]]
        wanted = [(c["reason"], c["message"], c["field"]) for c in case["status"]["details"]["causes"]]
        assert sorted(wanted) == sorted(causes)
        assert case["status"]["message"] == caught.value.message
        return
    result = run(case)
    assert case["result"]["metadata"].get("managedFields") == result["metadata"].get("managedFields")
    # Decoding metadata is what drops the nulls that a real server's custom resource has here.
    case["result"]["metadata"] = {k: v for k, v in case["result"]["metadata"].items() if v is not None}
    if not case["custom"]:
        result = apply_builtin_defaults(resource_of(result), result)
    assert case["result"] == result


@pytest.mark.parametrize("case", recorded("faults"))
def test_validation_reports_the_causes_of_kubernetes(case: dict[str, Any]) -> None:
    """Reasons, fields and texts equal those of the real validation, apart from switches that a real server turns on."""
    resource = resource_of(case["object"])
    obj = apply_builtin_defaults(resource, copy.deepcopy(case["object"]))
    old = apply_builtin_defaults(resource, copy.deepcopy(case["live"])) if "live" in case else None
    found = {(error.kind, error.field, error.message) for error in validate_builtin(resource, obj, old)}
    wanted = {(c["reason"].removeprefix("FieldValue"), c["field"], c["message"]) for c in case["causes"]}
    # The recorder validates with all options off: a server of 1.34 allows any printable name of a variable, and a
    # DaemonSet's deprecated templateGeneration is raised by its registry before validation.
    wanted = {w for w in wanted if w[1] != "spec.templateGeneration" and "environment variable" not in w[2]}
    found = {f for f in found if "environment variable" not in f[2]}
    assert wanted == found
