"""The informer: a kind in memory that survives a server which goes away."""

from __future__ import annotations

import asyncio

from lab.kube.client import KubeClient
from lab.kube.informer import Informer
from lab.kube.paths import CONFIG_MAP, ROOT_SYNC, name_of
from lab.manifests.load import crds


def config_map(name: str) -> dict:
    """A ConfigMap in the namespace default."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


async def until(condition) -> None:
    """Wait on the loop's time until a condition holds."""
    async with asyncio.timeout(300):
        while not condition():
            await asyncio.sleep(0.05)


def names(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was told of the test's own objects."""
    return [(change, name) for change, name in told if name.startswith("t-")]


def test_it_tells_what_is_and_what_comes(run) -> None:
    """First the list as ADDED, then every change."""

    async def work(kube: KubeClient) -> list[tuple[str, str]]:
        told: list[tuple[str, str]] = []
        await kube.create(CONFIG_MAP, config_map("t-old"))
        informer = Informer(kube, CONFIG_MAP, lambda c, o: told.append((c, name_of(o))), namespace="default")
        async with asyncio.TaskGroup() as group:
            task = group.create_task(informer.run())
            await informer.synced.wait()
            await kube.create(CONFIG_MAP, config_map("t-new"))
            await kube.delete(CONFIG_MAP, "t-old", namespace="default")
            await until(lambda: ("DELETED", "t-old") in told)
            task.cancel()
        assert ("default", "t-new") in informer.cache
        return names(told)

    assert run(work) == [("ADDED", "t-old"), ("ADDED", "t-new"), ("DELETED", "t-old")]


def test_what_happened_while_the_server_was_away_is_told(run, cluster) -> None:
    """After a lost watch the difference of the next list comes as events."""

    async def work(kube: KubeClient) -> list[tuple[str, str]]:
        told: list[tuple[str, str]] = []
        await kube.create(CONFIG_MAP, config_map("t-gone"))
        broken = cluster.client("system:masters")
        informer = Informer(broken, CONFIG_MAP, lambda c, o: told.append((c, name_of(o))), namespace="default")
        async with asyncio.TaskGroup() as group:
            task = group.create_task(informer.run())
            await informer.synced.wait()
            fault = cluster.away()
            await asyncio.sleep(3)
            cluster.back(fault)
            await kube.delete(CONFIG_MAP, "t-gone", namespace="default")
            await kube.create(CONFIG_MAP, config_map("t-here"))
            await until(lambda: ("ADDED", "t-here") in told and ("DELETED", "t-gone") in told)
            task.cancel()
        return sorted(names(told))

    assert run(work) == [("ADDED", "t-gone"), ("ADDED", "t-here"), ("DELETED", "t-gone")]


def test_a_kind_may_come_later(run) -> None:
    """An informer of a kind that is not served yet finds it once its definition is there."""

    async def work(kube: KubeClient) -> bool:
        informer = Informer(kube, ROOT_SYNC, lambda _c, _o: None)
        definition = next(d for d in crds("workload") if d["spec"]["names"]["kind"] == "RootSync")
        async with asyncio.TaskGroup() as group:
            task = group.create_task(informer.run())
            await asyncio.sleep(10)
            await kube.create(await kube.kind_for("apiextensions.k8s.io/v1", "CustomResourceDefinition"), definition)
            await asyncio.sleep(60)
            obj = {
                "apiVersion": "configsync.gke.io/v1beta1",
                "kind": "RootSync",
                "metadata": {"name": "t", "namespace": "default"},
                "spec": {"git": {"repo": "http://x", "auth": "none"}, "sourceFormat": "unstructured"},
            }
            await kube.create(ROOT_SYNC, obj)
            await until(lambda: ("default", "t") in informer.cache)
            task.cancel()
        return True

    assert run(work)
