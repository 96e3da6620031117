"""Requests of a case to a server, whatever the server, and what came back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cases.masking import Mask

JSON = "application/json"
YAML = "application/yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
POLL = 0.1
PATIENCE = 60.0


class Transport(Protocol):
    """A client of one API server."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request and its whole reply."""
        ...

    async def open(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], AsyncGenerator[bytes, None]]:
        """One request with a streaming reply."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """Code, headers and body; the body is parsed where it is JSON."""

    code: int
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Session:
    """One case on one server. Every call is a step whose masked reply is kept.

    `admin` is a client with all rights, `anybody` one without credentials of its own (a step may send a token).
    `expiry` is how many seconds a page's continue token lives.
    """

    name: str
    admin: Transport
    anybody: Transport
    expiry: float
    steps: list[dict[str, Any]] = field(default_factory=list)
    mask: Mask = field(default_factory=Mask)

    @property
    def namespace(self) -> str:
        """The namespace of this case alone."""
        return f"case-{self.name.lower()}"

    @property
    def group(self) -> str:
        """The API group of this case alone."""
        return f"{self.name.lower()}.example.org"

    def path(self, resource: str, group_version: str = "v1") -> str:
        """The path of a resource in this case's namespace: `configmaps/a`."""
        root = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
        return f"{root}/namespaces/{self.namespace}/{resource}"

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        type: str = JSON,
        accept: str = JSON,
        headers: Mapping[str, str] = {},
        token: str = "",
        **query: str,
    ) -> Reply:
        """A request that is not kept as a step."""
        sent = {"accept": accept, "user-agent": "conformance/1", **headers}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if content:
            sent["content-type"] = type
        transport = self.admin
        if token:
            transport = self.anybody
            sent["authorization"] = f"Bearer {token}"
        pairs = list(query.items())
        code, found, reply = await transport.request(method, path, query=pairs, headers=sent, body=content)
        try:
            return Reply(code, found, json.loads(reply))
        except ValueError:
            return Reply(code, found, reply.decode())

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        keep: Callable[[Reply], Any] | None = None,
        generated: bool = False,
        **options: Any,
    ) -> Any:
        """A step: its reply's body comes back. `keep` reduces what is kept of a large one; `generated` names vary."""
        reply = await self.send(method, path, body, **options)
        if generated and isinstance(reply.body, dict):
            self.mask.name(reply.body["metadata"]["name"])
        self._keep(f"{method} {path}", reply, keep)
        return reply.body

    async def until(self, path: str, holds: Callable[[Reply], bool], *, keep: bool = True, **options: Any) -> Any:
        """GET until something holds; the last reply is a step. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not holds(reply := await self.send("GET", path, **options)):
                await asyncio.sleep(POLL)
        if keep:
            self._keep(f"GET {path} until it holds", reply, None)
        return reply.body

    async def gone(self, path: str) -> None:
        """Wait for a 404, which is a step."""
        await self.until(path, lambda reply: reply.code == 404)

    async def watch(
        self, path: str, count: int, patience: float = 3.0, *, accept: str = JSON, **query: str
    ) -> list[dict[str, Any]]:
        """A step: the first `count` events of a watch, or those of some seconds."""
        seen: list[dict[str, Any]] = []
        pairs = [("watch", "true"), *query.items()]
        code, headers, stream = await self.admin.open("GET", path, query=pairs, headers={"accept": accept})
        buffer = b""
        try:
            async with asyncio.timeout(patience):
                async for chunk in stream:
                    *lines, buffer = (buffer + chunk).split(b"\n")
                    seen += [json.loads(line) for line in lines if line]
                    if len(seen) >= count:
                        break
        except TimeoutError:
            pass
        finally:
            await stream.aclose()
        self._keep(f"WATCH {path}", Reply(code, headers, seen[:count]), None)
        return seen

    def note(self, what: str, value: Any) -> None:
        """A step that is not one reply but what several came to."""
        self._add({"step": what, "value": self.mask.value(value)})

    def _keep(self, what: str, reply: Reply, keep: Callable[[Reply], Any] | None) -> None:
        step: dict[str, Any] = {"step": self.mask.text(what), "code": reply.code}
        step["type"] = reply.headers.get("content-type", "").replace("; ", ";")
        if warning := reply.headers.get("warning"):
            step["warning"] = self.mask.text(warning)
        step["body"] = self.mask.value(keep(reply) if keep else reply.body)
        self._add(step)

    def _add(self, step: dict[str, Any]) -> None:
        step["step"] = f"{len(self.steps) + 1:02d} {step['step']}"
        self.steps.append(step)
