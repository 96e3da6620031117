"""The transport over HTTPS: the same answers as inside the process, and ConnectionError when nobody answers."""

from __future__ import annotations

import asyncio

import pytest

from lab.apiserver.serve.http1 import serve
from lab.apiserver.serve.tls import server_context
from lab.apiserver.server import ApiServer
from lab.clusters.embedded import EmbeddedClusters
from lab.kit.clock import SystemClock
from lab.kube.client import KubeClient, KubeError
from lab.kube.http import HttpTransport
from lab.kube.paths import CONFIG_MAP, NAMESPACE
from lab.ports.cluster_provider import Role


def test_an_admin_over_https() -> None:
    """The credentials of a provider's access list, watch and are refused on another cluster."""

    async def main() -> None:
        api = ApiServer(SystemClock())
        await api.start()
        server = await serve(api, tls=server_context(api))
        clusters = EmbeddedClusters(api, lambda: server.port)
        access = await clusters.create("my-ran", Role.WORKLOAD)
        other = await clusters.create("mgmt", Role.MANAGEMENT)
        kube = KubeClient(HttpTransport(access.server, access.credentials))
        stranger = KubeClient(HttpTransport(other.server, access.credentials))
        try:
            items, version = await kube.list(NAMESPACE)
            assert "default" in {i["metadata"]["name"] for i in items}
            await _watch_one(kube, version)
            with pytest.raises(KubeError) as caught:
                await stranger.list(NAMESPACE)
            assert caught.value.code == 401
        finally:
            await kube.close()
            await stranger.close()
            await server.close()
            await api.stop()

    asyncio.run(main())


async def _watch_one(kube: KubeClient, version: str) -> None:
    async with asyncio.timeout(10), kube.watch(CONFIG_MAP, "default", version=version) as events:
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
        await kube.create(CONFIG_MAP, obj)
        async for _change, found in events:
            if found["metadata"]["name"] == "a":
                return


def test_nobody_answers() -> None:
    """A closed port is a ConnectionError."""

    async def main() -> None:
        transport = HttpTransport("https://127.0.0.1:9", {})
        with pytest.raises(ConnectionError):
            await transport.request("GET", "/version")
        await transport.close()

    asyncio.run(main())
