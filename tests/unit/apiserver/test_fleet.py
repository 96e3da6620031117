"""Clusters come and go."""

from __future__ import annotations

import pytest

from lab.errors.base import LabError


def test_names(with_kube):
    """Names are labels, unique, and listed in order."""

    async def scenario(kube):
        fleet = kube.api.fleet
        fleet.create("edge-1")
        assert fleet.names() == ("edge-1", "mgmt")
        for bad in ("mgmt", "Upper", "under_score", "", "-x", "x" * 64):
            with pytest.raises(LabError, match="LAB004"):
                fleet.create(bad)

    with_kube(scenario)


def test_clusters_are_apart(with_kube, kube_of):
    """Clusters share neither objects nor uids of namespaces, and what one changes another keeps."""

    async def scenario(kube):
        kube.api.fleet.create("edge")
        edge = kube_of(kube.api, "edge")
        path = "/api/v1/namespaces/kube-system"
        uids = {(await one.get(path)).body["metadata"]["uid"] for one in (kube, edge)}
        assert len(uids) == 2
        role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/view"
        await kube.delete(role)
        assert [(await one.get(role)).code for one in (kube, edge)] == [404, 200]

    with_kube(scenario)


def test_delete(with_kube, kube_of):
    """A deleted cluster ends its watches and answers nobody."""

    async def scenario(kube):
        kube.api.fleet.create("edge")
        edge = kube_of(kube.api, "edge")
        watch = await edge.watch("/api/v1/namespaces", resourceVersion=str(edge.cluster.rev))
        kube.api.fleet.delete("edge")
        with pytest.raises(StopAsyncIteration):
            await watch.next()
        assert (await edge.get("/version")).code == 404
        with pytest.raises(LabError, match="LAB004"):
            kube.api.fleet.delete("edge")

    with_kube(scenario)


def test_born_with(with_kube):
    """A new cluster has its namespaces, accounts, roles and the Service kubernetes."""

    async def scenario(kube):
        names = {item["metadata"]["name"] for item in (await kube.get("/api/v1/namespaces")).body["items"]}
        assert {"default", "kube-node-lease", "kube-public", "kube-system"} == names
        service = (await kube.get("/api/v1/namespaces/default/services/kubernetes")).body
        assert service["spec"]["clusterIP"] == "10.96.0.1"
        roles = (await kube.get("/apis/rbac.authorization.k8s.io/v1/clusterroles")).body["items"]
        assert {"admin", "cluster-admin", "edit", "view"} <= {role["metadata"]["name"] for role in roles}
        assert (await kube.get("/version")).body["gitVersion"].startswith("v1.34.")

    with_kube(scenario)
