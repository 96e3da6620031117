"""A cluster with a simulator on a loop with virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lab.apiserver.core.identity import ADMIN
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.apiserver.simulate.client import Client, path_of
from lab.apiserver.simulate.launch import simulator_of
from lab.apiserver.simulate.simulator import Simulator
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop


class Bench:
    """The simulator under test and a person's view of its cluster."""

    def __init__(self, api: ApiServer, tasks: asyncio.TaskGroup, loop: asyncio.AbstractEventLoop) -> None:
        self.api = api
        self.cluster = api.cluster("c")
        self.transport = LocalTransport(api, "c", ADMIN)
        self.client = Client(self.transport)
        self.tasks = tasks
        self.loop = loop
        self.simulator = self.make_simulator()

    def make_simulator(self, **options: Any) -> Simulator:
        """A simulator of this cluster."""
        return simulator_of(self.api, "c", **options)

    async def create(self, group_resource: str, obj: dict[str, Any], namespace: str = "default") -> dict[str, Any]:
        """Create an object."""
        return await self.client.create(group_resource, namespace, obj)

    async def change(self, group_resource: str, name: str, changes: dict[str, Any], subresource: str = "") -> None:
        """Merge changes into an object, whatever its version."""
        path = path_of(group_resource, "default", name, subresource)
        headers = {"content-type": "application/merge-patch+json"}
        status, _, body = await self.transport.request(
            "PATCH", path, headers=headers, body=json.dumps(changes).encode()
        )
        assert status == 200, body

    async def get(self, group_resource: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """An object that exists."""
        found = await self.client.find(group_resource, namespace, name)
        assert found is not None, f"{group_resource} {name}"
        return found

    async def delete(self, group_resource: str, name: str) -> None:
        """Delete an object, and what it owns."""
        await self.client.delete(group_resource, await self.get(group_resource, name))

    async def settle(self, most: float = 120.0) -> float:
        """Wait until nothing is worked on; returns the seconds that took."""
        began = self.loop.time()
        while not self.simulator.idle:
            assert self.loop.time() < began + most, "the simulator does not settle"
            await asyncio.sleep(0.01)
        return self.loop.time() - began

    async def pods(self, namespace: str = "default") -> list[dict[str, Any]]:
        """All pods of the namespace."""
        return await self.client.list("pods", namespace)


@pytest.fixture
def simulate() -> Callable[[Callable[[Bench], Awaitable[None]]], None]:
    """Runs a scenario on a bench whose simulator was started."""

    def run(scenario: Callable[[Bench], Awaitable[None]]) -> None:
        loop = VirtualTimeLoop()

        async def main() -> None:
            api = ApiServer(LoopClock(loop))
            await api.start()
            api.fleet.create("c")
            async with asyncio.TaskGroup() as tasks:
                bench = Bench(api, tasks, loop)
                await bench.simulator.start(tasks)
                await scenario(bench)
                bench.simulator.stop()
            await api.stop()

        try:
            loop.run_until_complete(main())
        finally:
            loop.close()

    return run
