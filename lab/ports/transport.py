"""How a Kubernetes API is spoken to: bytes in, bytes out, and a stream for watches.

A transport already carries an identity; paths are relative to the cluster (`/api/v1/namespaces`). The embedded API
server's in-process door fits this shape structurally, `lab.kube.http` speaks it over HTTPS.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

Query = Mapping[str, str] | Sequence[tuple[str, str]]


class Transport(Protocol):
    """One identity on one cluster."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and whole body. Raises ConnectionError when nobody answers."""
        ...

    async def open(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], AsyncGenerator[bytes, None]]:
        """Status, headers and the body in pieces as they come; closing the generator ends the request."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
