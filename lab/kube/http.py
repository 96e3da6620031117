"""The transport over HTTPS: one session per identity, with the certificate or token of a kubeconfig."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lab.ports.transport import Query

if TYPE_CHECKING:
    import aiohttp


class HttpTransport:
    """Speaks to `server` (a URL, possibly with a path) as whom `credentials` describe.

    `credentials` holds PEM texts `ca`, `certificate`, `key`, or a `token`, as `ClusterAccess.credentials` does.
    Proxies and settings of the environment are left out: the lab lives on loopback.
    """

    def __init__(self, server: str, credentials: Mapping[str, str]) -> None:
        self._server = server.rstrip("/")
        self._credentials = dict(credentials)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, path: str, *, query: Query = (), headers: Mapping[str, str] = {}, body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and whole body. Raises ConnectionError when nobody answers."""
        async with self._call(method, path, query, headers, body) as response:
            return response.status, response.headers, await response.read()

    async def open(
        self, method: str, path: str, *, query: Query = (), headers: Mapping[str, str] = {}, body: bytes = b""
    ) -> tuple[int, Mapping[str, str], AsyncGenerator[bytes, None]]:
        """Status, headers and the body in pieces."""
        call = self._call(method, path, query, headers, body)
        response = await call.__aenter__()
        return response.status, response.headers, _pieces(response)

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _call(self, method: str, path: str, query: Query, headers: Mapping[str, str], body: bytes) -> _Call:
        sent = dict(headers)
        token = self._credentials.get("token")
        if token:
            sent["Authorization"] = f"Bearer {token}"
        return _Call(self._open_session(), method, self._server + path, query, sent, body)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            import aiohttp

            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=client_context(self._credentials), limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
                trust_env=False,
                auto_decompress=True,
            )
        return self._session


class _Call:
    """One request, with the client library's errors turned into ConnectionError."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        query: Query,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        parameters = list(query.items()) if isinstance(query, Mapping) else list(query)
        self._request = session.request(method, url, params=parameters, headers=headers, data=body or None)

    async def __aenter__(self) -> aiohttp.ClientResponse:
        import aiohttp

        try:
            return await self._request.__aenter__()
        except (aiohttp.ClientError, ssl.SSLError) as error:
            raise ConnectionError(str(error)) from error

    async def __aexit__(self, *failure: object) -> None:
        await self._request.__aexit__(*failure)  # type: ignore[arg-type]


async def _pieces(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    import aiohttp

    try:
        async for piece in response.content.iter_any():
            yield piece
    except aiohttp.ClientError as error:
        raise ConnectionError(str(error)) from error
    finally:
        response.close()
        await asyncio.sleep(0)


def client_context(credentials: Mapping[str, str]) -> ssl.SSLContext:
    """TLS as `credentials` ask: trust only their `ca`, show their `certificate`."""
    context = ssl.create_default_context(cadata=credentials.get("ca") or None)
    if credentials.get("certificate") and credentials.get("key"):
        # The standard library loads client certificates from files only.
        with tempfile.TemporaryDirectory(prefix="lab-tls-") as folder:
            pair = Path(folder) / "pair.pem"
            pair.touch(mode=0o600)
            pair.write_text(credentials["certificate"] + credentials["key"])
            context.load_cert_chain(pair)
    return context
