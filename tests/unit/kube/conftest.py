"""A cluster of the embedded API server on virtual time, for tests of the client."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from lab.apiserver.core.faults import Fault
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop
from lab.kube.client import KubeClient


class OneCluster:
    """A cluster named `my-ran` and a client of its admin."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self.loop = loop
        self.api = ApiServer(LoopClock(loop))

    async def start(self) -> KubeClient:
        """Start and return the admin's client."""
        await self.api.start()
        self.api.fleet.create("my-ran")
        return self.client("system:masters")

    def client(self, *groups: str, user: str = "somebody") -> KubeClient:
        """A client of a user."""
        return KubeClient(LocalTransport(self.api, "my-ran", self.api.fleet.identity("my-ran", user, groups)))

    def away(self) -> Fault:
        """Break every connection from now on."""
        fault = self.api.faults.add(Fault(disconnect=True))
        self.api.cluster("my-ran").close_watches()
        return fault

    def back(self, fault: Fault) -> None:
        """Answer again."""
        self.api.faults.remove(fault)


@pytest.fixture
def cluster() -> Iterator[OneCluster]:
    """A cluster that is started inside the loop."""
    loop = VirtualTimeLoop()
    made = OneCluster(loop)
    yield made
    loop.run_until_complete(made.api.stop())
    loop.close()


@pytest.fixture
def run(cluster: OneCluster) -> Callable[[Callable[[KubeClient], Coroutine[Any, Any, Any]]], Any]:
    """Run a coroutine function with the admin's client."""

    def running(work: Callable[[KubeClient], Coroutine[Any, Any, Any]]) -> Any:
        async def started() -> Any:
            return await work(await cluster.start())

        return cluster.loop.run_until_complete(started())

    return running
