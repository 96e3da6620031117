"""A client of the real server with the shape that the cases want."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from urllib.parse import urlencode

import aiohttp
from servers import TOKEN, Real
from yarl import URL


class RemoteTransport:
    """Requests over HTTPS; with a token of its own, unless the request brings one."""

    def __init__(self, session: aiohttp.ClientSession, address: str, token: str) -> None:
        self._session = session
        self._address = address
        self._token = token

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request and its whole reply; repeated headers joined by comma."""
        async with self._session.request(
            method, self._url(path, query), headers=self._headers(headers), data=body or None
        ) as reply:
            found: dict[str, str] = {}
            for key, value in reply.headers.items():
                lowered = key.lower()
                found[lowered] = f"{found[lowered]}, {value}" if lowered in found else value
            return reply.status, found, await reply.read()

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
        reply = await self._session.request(
            method, self._url(path, query), headers=self._headers(headers), data=body or None
        )
        return reply.status, {key.lower(): value for key, value in reply.headers.items()}, _chunks(reply)

    def _url(self, path: str, query: Mapping[str, str] | Sequence[tuple[str, str]]) -> URL:
        text = f"{self._address}{path}" + (f"?{urlencode(query)}" if query else "")
        return URL(text, encoded=True)

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        own = {"authorization": f"Bearer {self._token}"} if self._token else {}
        return {**own, **headers}


async def _chunks(reply: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in reply.content.iter_any():
            yield chunk
    finally:
        reply.close()
        await asyncio.sleep(0)


def client_session(real: Real) -> aiohttp.ClientSession:
    """A session that trusts the server and nothing from the environment."""
    trust = ssl.create_default_context(cafile=str(real.authority))
    connector = aiohttp.TCPConnector(ssl=trust)
    return aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        skip_auto_headers=("content-type", "accept", "user-agent"),
        timeout=aiohttp.ClientTimeout(total=120),
    )


def transports(session: aiohttp.ClientSession, real: Real) -> tuple[RemoteTransport, RemoteTransport]:
    """The administrator's client and one without credentials."""
    return RemoteTransport(session, real.address, TOKEN), RemoteTransport(session, real.address, "")
