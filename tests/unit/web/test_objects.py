"""Objects as they may be shown."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
import yaml

from lab.errors.base import LabError
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import NAMESPACE, Kind
from lab.web.objects import HIDDEN, LAST_APPLIED, ObjectReader, as_yaml

SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "git", "annotations": {LAST_APPLIED: '{"data":{"password":"aHVudGVyMg=="}}'}},
    "data": {"password": "aHVudGVyMg=="},
    "stringData": {"username": "hunter2"},
}


class Cluster:
    """Answers with one object, or refuses."""

    def __init__(self, found: dict[str, Any] | None, error: Exception | None = None) -> None:
        self._found = found
        self._error = error

    async def kind_for(self, api_version: str, kind: str) -> Kind | None:
        """Only namespaces are served."""
        return NAMESPACE if kind == "Namespace" else None

    async def get(self, kind: Kind, name: str, namespace: str = "") -> dict[str, Any] | None:
        """The object."""
        if self._error is not None:
            raise self._error
        return self._found


def read(cluster: Cluster, kind: str = "Namespace") -> str | None:
    """What the page gets to see."""
    reader = ObjectReader(lambda _name: cast(KubeClient, cluster))
    return asyncio.run(reader.read("my-ran", "v1", kind, "", "x"))


def test_a_secret_shows_the_names_of_its_keys_only() -> None:
    """Neither data, nor stringData, nor what kubectl remembers of them leaves the server."""
    text = as_yaml(SECRET)

    assert "hunter2" not in text
    assert "aHVudGVyMg" not in text
    assert yaml.safe_load(text)["data"] == {"password": HIDDEN}


def test_keys_in_a_config_map_are_hidden_too() -> None:
    """A ConfigMap is shown, but for values that are named like credentials."""
    obj = {"kind": "ConfigMap", "metadata": {}, "data": {"site": "a", "api-token": "t0p"}}

    assert yaml.safe_load(as_yaml(obj))["data"] == {"site": "a", "api-token": HIDDEN}


def test_an_object_comes_without_managed_fields() -> None:
    """As kubectl prints it by default."""
    obj = {"metadata": {"name": "x", "managedFields": [{}], "annotations": {"a": "b"}}, "spec": {"y": 1}}
    text = read(Cluster(obj))

    assert text is not None
    assert yaml.safe_load(text) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "x", "annotations": {"a": "b"}},
        "spec": {"y": 1},
    }


def test_an_absent_object_is_none() -> None:
    """So is one of a kind that the cluster does not serve."""
    assert read(Cluster(None)) is None
    assert read(Cluster({}), kind="Widget") is None


@pytest.mark.parametrize("error", [KubeError(403, "Forbidden", "no"), ConnectionRefusedError("gone")])
def test_a_cluster_that_does_not_answer_is_told(error: Exception) -> None:
    """Management may be away on purpose: LAB022 says so."""
    with pytest.raises(LabError) as raised:
        read(Cluster(None, error))

    assert raised.value.code == "LAB022"
