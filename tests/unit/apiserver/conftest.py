"""API servers on virtual time, and a terse client for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from lab.apiserver.core.identity import ADMIN, Identity
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop

PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


class Reply:
    """A status and a parsed body."""

    def __init__(self, code: int, headers: Mapping[str, str], body: bytes) -> None:
        self.code = code
        self.headers = headers
        self.raw = body
        self.body: Any = json.loads(body) if headers.get("content-type", "").startswith("application/json") else body


class Events:
    """An open watch: `next` gives (type, object)."""

    def __init__(self, parts: AsyncGenerator[bytes, None]) -> None:
        self._parts = parts

    async def next(self) -> tuple[str, dict[str, Any]]:
        """The next event."""
        event = json.loads(await anext(self._parts))
        return event["type"], event["object"]

    async def names(self, count: int) -> list[tuple[str, str]]:
        """Type and name of the next events."""
        found = [await self.next() for _ in range(count)]
        return [(kind, obj["metadata"]["name"]) for kind, obj in found]

    async def quiet(self, seconds: float) -> bool:
        """True if nothing comes for so long."""
        try:
            async with asyncio.timeout(seconds):
                await anext(self._parts)
        except TimeoutError:
            return True
        return False

    async def close(self) -> None:
        """End the watch."""
        await self._parts.aclose()


class Kube:
    """Requests to one cluster as one identity."""

    def __init__(self, api: ApiServer, cluster: str, identity: Identity = ADMIN) -> None:
        self.api = api
        self.name = cluster
        self.transport = LocalTransport(api, cluster, identity)

    @property
    def cluster(self) -> Any:
        """The cluster's state."""
        return self.api.cluster(self.name)

    def as_(self, username: str, *groups: str) -> Kube:
        """The same cluster as someone else."""
        return Kube(self.api, self.name, self.api.fleet.identity(self.name, username, groups))

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Reply:
        """One request."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        found = await self.transport.request(method, path, query=query, headers=headers or {}, body=data)
        return Reply(*found)

    async def get(self, path: str, **query: str) -> Reply:
        """GET."""
        return await self.ask("GET", path, **query)

    async def post(self, path: str, body: Any, **query: str) -> Reply:
        """POST."""
        return await self.ask("POST", path, body, **query)

    async def put(self, path: str, body: Any, **query: str) -> Reply:
        """PUT."""
        return await self.ask("PUT", path, body, **query)

    async def delete(self, path: str, body: Any = None, **query: str) -> Reply:
        """DELETE."""
        return await self.ask("DELETE", path, body, **query)

    async def patch(self, path: str, body: Any, kind: str = "merge", **query: str) -> Reply:
        """PATCH of one of the four kinds."""
        return await self.ask("PATCH", path, body, {"content-type": PATCHES[kind]}, **query)

    async def apply(self, path: str, body: Any, manager: str = "tester", **query: str) -> Reply:
        """Server-side apply."""
        return await self.patch(path, body, "apply", fieldManager=manager, **query)

    async def watch(self, path: str, **query: str) -> Events:
        """An open watch."""
        status, _, parts = await self.transport.open("GET", path, query={"watch": "1", **query})
        assert status == 200
        return Events(parts)


@asynccontextmanager
async def started(**options: Any) -> AsyncIterator[ApiServer]:
    """A server that is stopped at the end."""
    api = ApiServer(LoopClock(asyncio.get_running_loop()), **options)
    await api.start()
    try:
        yield api
    finally:
        await api.stop()


@pytest.fixture
def virtually() -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """Runs a coroutine on a loop with virtual time."""
    loop = VirtualTimeLoop()
    asyncio.set_event_loop(loop)
    yield loop.run_until_complete
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def with_kube(virtually: Callable[[Awaitable[Any]], Any]) -> Callable[[Callable[[Kube], Awaitable[None]]], None]:
    """Runs a coroutine function with a client of a fresh cluster `mgmt`."""

    def run(scenario: Callable[[Kube], Awaitable[None]]) -> None:
        async def main() -> None:
            async with started() as api:
                api.fleet.create("mgmt")
                await scenario(Kube(api, "mgmt"))

        virtually(main())

    return run


@pytest.fixture
def start_server() -> Any:
    """The context manager that starts servers."""
    return started


@pytest.fixture
def kube_of() -> type[Kube]:
    """The client class."""
    return Kube


@pytest.fixture
def gadgets() -> dict[str, Any]:
    """A CustomResourceDefinition with status and scale."""
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": {"type": "integer", "minimum": 1},
                    "color": {"type": "string", "default": "blue"},
                    "replicas": {"type": "integer"},
                },
            },
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": {
                        "status": {},
                        "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
                    },
                }
            ],
        },
    }
