"""Example: any Kubernetes client speaks with the lab."""

from __future__ import annotations

from typing import Any

from kubernetes import client, config


def test_the_official_python_client(lab: Any) -> None:
    """The kubeconfig has a context for each cluster; while `meanwhile` runs, the lab answers."""
    lab.declare("cluster-baseline", to="my-ran").reach("ready")
    path = str(lab["my-ran"].kubeconfig)

    def namespaces() -> list[str]:
        with config.new_client_from_config(path, context="my-ran") as api:
            return [item.metadata.name for item in client.CoreV1Api(api).list_namespace().items]

    assert "openairinterface" in lab.meanwhile(namespaces)


def test_drift_made_by_a_client_is_put_back(lab: Any) -> None:
    """What is deleted behind Git's back is there again."""
    lab.declare("cluster-baseline", to="my-ran").reach("ready")
    path = str(lab["my-ran"].kubeconfig)

    def delete() -> None:
        with config.new_client_from_config(path, context="my-ran") as api:
            client.CoreV1Api(api).delete_namespaced_resource_quota("site-budget", "openairinterface")

    lab.meanwhile(delete)
    lab["my-ran"].see({"kind": "ResourceQuota", "metadata": {"name": "site-budget"}}, count=2, within=30)
    assert any(type(record.event).__name__ == "DriftCorrected" for record in lab["my-ran"].events())
