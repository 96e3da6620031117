"""The client: questions answer None for what is not there, acts raise with the server's own words."""

from __future__ import annotations

import asyncio

import pytest

from lab.kube.client import JSON_PATCH, KubeClient, KubeError
from lab.kube.paths import CONFIG_MAP, DEPLOYMENT, NAMESPACE, ROOT_SYNC, SECRET, Kind


def config_map(name: str, **data: str) -> dict:
    """A ConfigMap in the namespace default."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": data}


def test_an_object_lives(run) -> None:
    """Create, get, patch, replace and delete do what they say."""

    async def work(kube: KubeClient) -> None:
        await kube.create(CONFIG_MAP, config_map("a", x="1"))
        await kube.patch(CONFIG_MAP, "a", {"data": {"y": "2"}}, namespace="default")
        operations = [{"op": "remove", "path": "/data/x"}]
        await kube.patch(CONFIG_MAP, "a", operations, namespace="default", content_type=JSON_PATCH)
        found = await kube.get(CONFIG_MAP, "a", "default")
        assert found is not None
        assert found["data"] == {"y": "2"}
        found["data"] = {"z": "3"}
        assert (await kube.replace(CONFIG_MAP, found))["data"] == {"z": "3"}
        assert await kube.delete(CONFIG_MAP, "a", namespace="default") is not None
        assert await kube.get(CONFIG_MAP, "a", "default") is None
        assert await kube.delete(CONFIG_MAP, "a", namespace="default") is None

    run(work)


def test_refusals_carry_the_servers_words(run) -> None:
    """A duplicate is a conflict with reason and message of the API."""

    async def work(kube: KubeClient) -> None:
        await kube.create(CONFIG_MAP, config_map("a"))
        with pytest.raises(KubeError) as caught:
            await kube.create(CONFIG_MAP, config_map("a"))
        assert caught.value.conflict
        assert caught.value.reason == "AlreadyExists"
        assert caught.value.message == 'configmaps "a" already exists'

    run(work)


def test_a_kind_that_is_not_served_is_an_empty_list(run) -> None:
    """Asking for RootSyncs before their definition is there finds none."""

    async def work(kube: KubeClient) -> None:
        assert await kube.list(ROOT_SYNC) == ([], "")
        assert await kube.get(ROOT_SYNC, "x", "default") is None
        assert await kube.kind_for("configsync.gke.io/v1beta1", "RootSync") is None

    run(work)


def test_items_of_a_list_name_their_kind(run) -> None:
    """Lists of built-in kinds leave kind and apiVersion out; the client puts them back."""

    async def work(kube: KubeClient) -> None:
        items, version = await kube.list(NAMESPACE)
        assert {(i["apiVersion"], i["kind"]) for i in items} == {("v1", "Namespace")}
        assert int(version) > 0

    run(work)


def test_a_watch_tells_changes_in_order(run) -> None:
    """What happens after the list's version arrives as ADDED, MODIFIED, DELETED."""

    async def work(kube: KubeClient) -> list[str]:
        _items, version = await kube.list(CONFIG_MAP, "default")
        seen = []
        async with kube.watch(CONFIG_MAP, "default", version=version, fields="metadata.name=a") as events:
            await kube.create(CONFIG_MAP, config_map("a"))
            await kube.patch(CONFIG_MAP, "a", {"data": {"x": "1"}}, namespace="default")
            await kube.delete(CONFIG_MAP, "a", namespace="default")
            async for change, _obj in events:
                seen.append(change)
                if change == "DELETED":
                    return seen
        return seen

    assert run(work) == ["ADDED", "MODIFIED", "DELETED"]


def test_warnings_are_collected(run) -> None:
    """Warning headers of the server are kept, each by itself, in the order of the document."""

    async def work(kube: KubeClient) -> list[str]:
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "d", "namespace": "default"},
            "spec": {
                "selector": {"matchLabels": {"a": "b"}},
                "template": {
                    "metadata": {"labels": {"a": "b"}},
                    "spec": {"containers": [{"name": "c", "image": "i:1"}]},
                },
                "nonsense": 1,
                "folly": 2,
            },
        }
        await kube.create(DEPLOYMENT, deployment)
        return kube.warnings

    assert run(work) == ['unknown field "spec.nonsense"', 'unknown field "spec.folly"']


def test_somebody_without_rights_is_refused(run, cluster) -> None:
    """A user without a role gets 403 with Kubernetes' sentence."""

    async def work(_admin: KubeClient) -> None:
        with pytest.raises(KubeError) as caught:
            await cluster.client().list(SECRET, "default")
        assert caught.value.code == 403
        assert 'User "somebody" cannot list resource "secrets"' in caught.value.message

    run(work)


def test_an_old_version_is_gone(run) -> None:
    """A watch from a version that the server no longer has is refused with 410 or told as an error event."""

    async def follow(kube: KubeClient) -> None:
        async with asyncio.timeout(5), kube.watch(CONFIG_MAP, version="1") as events:
            async for _event in events:
                pass

    async def work(kube: KubeClient) -> None:
        with pytest.raises(KubeError) as caught:
            await follow(kube)
        assert caught.value.code == 410

    run(work)


@pytest.mark.parametrize(
    ("kind", "arguments", "path"),
    [
        (CONFIG_MAP, ("default", "a"), "/api/v1/namespaces/default/configmaps/a"),
        (CONFIG_MAP, (), "/api/v1/configmaps"),
        (NAMESPACE, ("ignored", "a"), "/api/v1/namespaces/a"),
        (DEPLOYMENT, ("n", "a", "scale"), "/apis/apps/v1/namespaces/n/deployments/a/scale"),
        (Kind("g.io", "v1", "K", "ks", True), ("n", "a/b"), "/apis/g.io/v1/namespaces/n/ks/a%2Fb"),
    ],
)
def test_paths_are_those_of_the_api(kind: Kind, arguments: tuple[str, ...], path: str) -> None:
    """A kind knows where its objects live."""
    assert kind.path(*arguments) == path
