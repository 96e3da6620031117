"""The CustomResourceDefinitions that the lab brings along: sound, structural, readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.apiserver.core.jsonpath import compile_path
from lab.apiserver.core.schema import structural_node
from lab.manifests import load

EVERY = [pytest.param(crd, id=crd["metadata"]["name"]) for crd in [*load.crds("management"), *load.crds("workload")]]
SAYS_WHAT_IT_TAKES = {"type", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"}
FORBIDDEN_IN_STRUCTURAL = {
    "$ref",
    "definitions",
    "dependencies",
    "patternProperties",
    "uniqueItems",
    "deprecated",
    "id",
}


def _schemas_below(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _schemas_below(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _schemas_below(schema[key], f"{path}[{key}]")


def test_management_cluster_has_the_kinds_a_person_writes():
    """A management cluster knows repositories, variants and facts about clusters, and no kind of the agent."""
    assert [crd["metadata"]["name"] for crd in load.crds("management")] == [
        "clustercontexts.infra.nephio.org",
        "packagevariants.config.porch.kpt.dev",
        "repositories.config.porch.kpt.dev",
        "workloadclusters.infra.nephio.org",
    ]


def test_workload_cluster_has_the_kinds_of_the_agent():
    """A workload cluster knows the RootSync and the inventory, and no kind of the orchestrator."""
    assert [crd["metadata"]["name"] for crd in load.crds("workload")] == [
        "resourcegroups.kpt.dev",
        "rootsyncs.configsync.gke.io",
    ]


def test_definitions_belong_to_the_caller():
    """Changing a definition one was given changes nobody else's."""
    load.crds("workload")[0]["metadata"]["name"] = "changed"

    assert "changed" not in [crd["metadata"]["name"] for crd in load.crds("workload")]


@pytest.mark.parametrize("crd", EVERY)
def test_definition_is_sound(crd, judge):
    """A definition fits Kubernetes' own schema of definitions, and its name is made of plural and group."""
    assert judge.faults(crd) == []
    assert f"{crd['spec']['names']['plural']}.{crd['spec']['group']}" == crd["metadata"]["name"]
    assert [version["storage"] for version in crd["spec"]["versions"]] == [True]


@pytest.mark.parametrize("crd", EVERY)
def test_schema_is_structural(crd):
    """Every place has a type or says that it takes anything, as Kubernetes asks of structural schemas."""
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]

    for path, place in _schemas_below(schema):
        assert place.keys() & SAYS_WHAT_IT_TAKES, path
        assert not FORBIDDEN_IN_STRUCTURAL & place.keys(), path
        assert (place.get("type") == "array") == ("items" in place), path
        assert not ("properties" in place and "additionalProperties" in place), path
        assert set(place.get("required", ())) <= place.get("properties", {}).keys(), path
        if "default" in place:
            assert structural_node(place).validate(place["default"]) == [], path


@pytest.mark.parametrize("crd", EVERY)
def test_columns_can_be_read(crd):
    """Every printer column has a name of its own and a path that the API server reads."""
    columns = crd["spec"]["versions"][0].get("additionalPrinterColumns", [])

    assert len(columns) == len({column["name"] for column in columns})
    for column in columns:
        compile_path(column["jsonPath"])


def test_rootsync_status_stands_before_the_columns_of_upstream():
    """`kubectl get rootsync` shows the word of the annotation first, then upstream's six columns in their order."""
    crd = next(crd for crd in load.crds("workload") if crd["spec"]["names"]["kind"] == "RootSync")
    columns = crd["spec"]["versions"][0]["additionalPrinterColumns"]
    shown = {"metadata": {"annotations": {"lab.nephio.org/status": "SYNCED"}}}

    assert [column["name"] for column in columns] == [
        "Status",
        "RenderingCommit",
        "RenderingErrorCount",
        "SourceCommit",
        "SourceErrorCount",
        "SyncCommit",
        "SyncErrorCount",
    ]
    assert compile_path(columns[0]["jsonPath"]).find(shown) == ["SYNCED"]


def test_repository_address_is_that_of_git():
    """The column Address of a Repository shows the URL of its Git repository."""
    crd = next(crd for crd in load.crds("management") if crd["spec"]["names"]["kind"] == "Repository")
    columns = crd["spec"]["versions"][0]["additionalPrinterColumns"]
    address = next(column["jsonPath"] for column in columns if column["name"] == "Address")

    assert compile_path(address).find({"spec": {"git": {"repo": "http://git/a.git"}}}) == ["http://git/a.git"]
