"""What every cluster provider has to do, tried over HTTPS with the keys that it hands out.

An adapter's author derives a class whose name begins with `Test` and says how a provider is opened:

    class TestMyClusters(ClusterProviderContract):
        def opened(self, folder):
            return my_clusters(folder)  # an asynchronous context manager that gives the provider
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from lab.kube.client import KubeClient, KubeError
from lab.kube.http import HttpTransport
from lab.kube.paths import NAMESPACE
from lab.ports.cluster_provider import ClusterAccess, ClusterProvider, Role

Work = Callable[[ClusterProvider], Awaitable[None]]


class ClusterProviderContract(ABC):
    """The tests; names of clusters begin with `contract-`."""

    @abstractmethod
    def opened(self, folder: Path) -> AbstractAsyncContextManager[ClusterProvider]:
        """A provider that is ready, with `folder` for what it keeps."""

    def run(self, folder: Path, work: Work) -> None:
        """Run `work` with a provider."""

        async def main() -> None:
            async with self.opened(folder) as provider:
                await work(provider)

        asyncio.run(main())

    def test_creating_is_idempotent(self, tmp_path: Path) -> None:
        """Creating a cluster that is there finds it: what was written to it is still there."""

        async def work(provider: ClusterProvider) -> None:
            first = await provider.create("contract-a", Role.WORKLOAD)
            await _as_admin(first, lambda kube: kube.create(NAMESPACE, _namespace("kept")))
            again = await provider.create("contract-a", Role.WORKLOAD)
            assert again.server == first.server
            assert await _as_admin(again, lambda kube: kube.get(NAMESPACE, "kept")) is not None

        self.run(tmp_path, work)

    def test_what_is_there_is_found_and_listed(self, tmp_path: Path) -> None:
        """A made cluster is found by its name and listed; an unknown one is None."""

        async def work(provider: ClusterProvider) -> None:
            made = await provider.create("contract-a", Role.WORKLOAD)
            found = await provider.find("contract-a")
            assert found is not None
            assert found.server == made.server
            assert "contract-a" in await provider.list()
            assert await provider.find("contract-none") is None

        self.run(tmp_path, work)

    def test_deleting_is_final_and_idempotent(self, tmp_path: Path) -> None:
        """A deleted cluster is gone with its identities; deleting it once more is done."""

        async def work(provider: ClusterProvider) -> None:
            made = await provider.create("contract-a", Role.WORKLOAD)
            await provider.delete("contract-a")
            await provider.delete("contract-a")
            assert await provider.find("contract-a") is None
            assert not await _lets_in(made)

        self.run(tmp_path, work)

    def test_a_cluster_knows_its_own_keys_only(self, tmp_path: Path) -> None:
        """The admin of one cluster is nobody on another, and is let in at home."""

        async def work(provider: ClusterProvider) -> None:
            one = await provider.create("contract-a", Role.WORKLOAD)
            other = await provider.create("contract-b", Role.MANAGEMENT)
            stranger = ClusterAccess(one.name, one.role, other.server, one.credentials, one.transport)
            assert await _lets_in(one)
            assert not await _lets_in(stranger)

        self.run(tmp_path, work)

    def test_a_new_cluster_of_an_old_name_is_another(self, tmp_path: Path) -> None:
        """Keys of a cluster that was deleted do not open one that took its name."""

        async def work(provider: ClusterProvider) -> None:
            old = await provider.create("contract-a", Role.WORKLOAD)
            await provider.delete("contract-a")
            new = await provider.create("contract-a", Role.WORKLOAD)
            assert await _lets_in(new)
            assert not await _lets_in(ClusterAccess("a", old.role, new.server, old.credentials, old.transport))

        self.run(tmp_path, work)


async def _as_admin(access: ClusterAccess, doing: Callable[[KubeClient], Awaitable[object]]) -> object:
    transport = HttpTransport(access.server, access.credentials)
    try:
        return await doing(KubeClient(transport))
    finally:
        await transport.close()


async def _lets_in(access: ClusterAccess) -> bool:
    try:
        await _as_admin(access, lambda kube: kube.list(NAMESPACE))
    except ConnectionError:
        return False
    except KubeError as error:
        if error.code != 401:
            pytest.fail(f"a stranger is answered {error.code}, not 401: {error.message}")
        return False
    found = await _as_admin(access, lambda kube: kube.get(NAMESPACE, "default"))
    return found is not None


def _namespace(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
