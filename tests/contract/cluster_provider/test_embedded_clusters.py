"""Embedded clusters keep the contract of every cluster provider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lab.apiserver.serve.http1 import serve
from lab.apiserver.serve.tls import server_context
from lab.apiserver.server import ApiServer
from lab.clusters.embedded import EmbeddedClusters
from lab.kit.clock import SystemClock
from lab.ports.cluster_provider import ClusterProvider
from lab.testing.contracts.cluster_provider import ClusterProviderContract


class TestEmbeddedClusters(ClusterProviderContract):
    @asynccontextmanager
    async def opened(self, folder: Path) -> AsyncIterator[ClusterProvider]:
        """A provider over an API server on HTTPS."""
        api = ApiServer(SystemClock())
        await api.start()
        server = await serve(api, tls=server_context(api))
        try:
            yield EmbeddedClusters(api, lambda: server.port)
        finally:
            await server.close()
            await api.stop()
