"""HTTPS: certificates decide who asks, per request; keep-alive, chunks, pipelining, broken input."""

from __future__ import annotations

import asyncio
import json
import ssl

import pytest

from lab.apiserver.core.faults import Fault
from lab.apiserver.persist.key_files import KeyFiles
from lab.apiserver.persist.sqlite import SqliteStore
from lab.apiserver.serve.http1 import serve
from lab.apiserver.serve.tls import server_context
from lab.apiserver.server import ApiServer
from lab.kit.clock import SystemClock

MAPS = "/api/v1/namespaces/default/configmaps"


class Browser:
    """A plain client over one connection."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    def send(self, method, path, body=b"", **headers):
        """Write a request without waiting."""
        lines = [f"{method} {path} HTTP/1.1", "Host: lab", f"Content-Length: {len(body)}"]
        lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def head(self):
        """Status and headers of the next reply."""
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = text.strip().split("\r\n")
        return int(first.split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in rest)}

    async def reply(self):
        """Status and body of the next reply."""
        status, headers = await self.head()
        return status, await self.reader.readexactly(int(headers["content-length"]))

    async def ask(self, method, path, body=b"", **headers):
        """One request and its reply."""
        self.send(method, path, body, **headers)
        return await self.reply()

    async def chunk(self):
        """The next chunk of a stream."""
        size = int(await self.reader.readline(), 16)
        data = await self.reader.readexactly(size)
        await self.reader.readline()
        return data

    async def close(self):
        """Close the connection."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            assert self.writer.is_closing()


@pytest.fixture
def listening(tmp_path):
    """Runs a scenario with a server, and a function that connects to it with a client certificate or without."""

    def run(scenario):
        async def main():
            api = ApiServer(SystemClock())
            await api.start()
            for name in ("mgmt", "edge"):
                api.fleet.create(name)
            server = await serve(api, tls=server_context(api))
            browsers = []

            async def connect(cluster="", username="admin", groups=("system:masters",)):
                context = ssl.create_default_context(cadata=api.serving_authority.certificate_pem.decode())
                if cluster:
                    pair = api.fleet.issue_client(cluster, username, groups)
                    path = tmp_path / f"{cluster}-{username}.pem"
                    path.write_bytes(pair.key + pair.certificate)
                    context.load_cert_chain(path)
                browsers.append(Browser(*await asyncio.open_connection("127.0.0.1", server.port, ssl=context)))
                return browsers[-1]

            try:
                async with asyncio.timeout(20):
                    await scenario(api, connect)
            finally:
                for browser in browsers:
                    await browser.close()
                await server.close()
                await api.stop()

        asyncio.run(main())

    return run


def test_certificates(listening):
    """A certificate names its user on its own cluster; on another cluster it is 401; without one, anonymous."""

    async def scenario(api, connect):
        jane = await connect("mgmt", "jane", ("people", "readers"))
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        status, body = await jane.ask("POST", f"/clusters/mgmt{path}", b"{}")
        info = json.loads(body)["status"]["userInfo"]
        assert (
            status,
            info["username"],
            info["groups"],
        ) == (201, "jane", ["people", "readers", "system:authenticated"])
        assert (await jane.ask("GET", "/clusters/edge/version"))[0] == 401
        nobody = await connect()
        assert [(await nobody.ask("GET", f"/clusters/edge{p}"))[0] for p in ("/version", "/api")] == [200, 403]
        assert (await nobody.ask("GET", "/version"))[0] == 404

    listening(scenario)


def test_removed_cluster_revokes(listening):
    """A certificate of a removed cluster means nobody on a later one of the same name, on an open connection too."""

    async def scenario(api, connect):
        admin = await connect("edge")
        assert (await admin.ask("GET", "/clusters/edge/api/v1/nodes"))[0] == 200
        api.fleet.delete("edge")
        assert (await admin.ask("GET", "/clusters/edge/api/v1/nodes"))[0] == 404
        api.fleet.create("edge")
        assert (await admin.ask("GET", "/clusters/edge/api/v1/nodes"))[0] == 401

    listening(scenario)


def test_watch_over_a_connection(listening):
    """A watch is chunked JSON lines and leaves no trace when the client goes."""

    async def scenario(api, connect):
        watcher, writer = await connect("mgmt"), await connect("mgmt")
        watcher.send("GET", f"/clusters/mgmt{MAPS}?watch=1&resourceVersion={api.cluster('mgmt').rev}")
        status, headers = await watcher.head()
        assert (status, headers["transfer-encoding"], headers["content-type"]) == (200, "chunked", "application/json")
        body = json.dumps({"metadata": {"name": "a"}}).encode()
        assert (await writer.ask("POST", f"/clusters/mgmt{MAPS}", body))[0] == 201
        event = json.loads(await watcher.chunk())
        assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "a")
        await watcher.close()
        while api.cluster("mgmt").watchers:
            await asyncio.sleep(0)

    listening(scenario)


def test_pipelining(listening):
    """Requests sent without waiting are answered in their order."""

    async def scenario(api, connect):
        admin = await connect("mgmt")
        for path in ("/version", f"{MAPS}/none", "/livez"):
            admin.send("GET", f"/clusters/mgmt{path}")
        assert [(await admin.reply())[0] for _ in range(3)] == [200, 404, 200]

    listening(scenario)


def test_warnings_and_head(listening):
    """Warnings are headers of their own; HEAD has no body; the query is decoded."""

    async def scenario(api, connect):
        admin = await connect("mgmt")
        body = json.dumps({"metadata": {"name": "a"}, "nonsense": 1}).encode()
        admin.send("POST", f"/clusters/mgmt{MAPS}", body)
        status, headers = await admin.head()
        await admin.reader.readexactly(int(headers["content-length"]))
        assert (status, headers["warning"]) == (201, '299 - "unknown field \\"nonsense\\""')
        status, found = await admin.ask("GET", f"/clusters/mgmt{MAPS}?fieldSelector=metadata.name%3Da")
        assert (status, len(json.loads(found)["items"])) == (200, 1)

    listening(scenario)


def test_malformed_input(listening):
    """Nonsense is 400 and the end of the connection; so is a body that is too large, with 413."""

    async def scenario(api, connect):
        first = await connect()
        first.writer.write(b"NONSENSE\r\n\r\n")
        assert (await first.reply())[0] == 400
        assert await first.reader.read() == b""

    listening(scenario)


def test_ordered_disconnect(listening):
    """A fault that disconnects ends the connection without an answer."""

    async def scenario(api, connect):
        admin = await connect("mgmt")
        api.faults.add(Fault(disconnect=True, times=1))
        admin.send("GET", "/clusters/mgmt/version")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await admin.reply()
        again = await connect("mgmt")
        assert (await again.ask("GET", "/clusters/mgmt/version"))[0] == 200

    listening(scenario)


def test_close_ends_watches(listening):
    """Watches end with their last chunk when the server drops them."""

    async def scenario(api, connect):
        admin = await connect("mgmt")
        admin.send("GET", f"/clusters/mgmt{MAPS}?watch=1&resourceVersion={api.cluster('mgmt').rev}")
        await admin.head()
        while not api.cluster("mgmt").watchers:
            await asyncio.sleep(0)
        api.cluster("mgmt").close_watches()
        assert await admin.reader.read() == b"0\r\n\r\n"

    listening(scenario)


def test_certificate_outlives_a_restart(tmp_path):
    """A client certificate is good for the same cluster after the server was started again."""

    async def life(pem):
        keys, store = KeyFiles(tmp_path / "keys"), SqliteStore(tmp_path / "objects.db")
        api = ApiServer(SystemClock(), keys=keys, store=store)
        await api.start()
        if not pem.exists():
            api.fleet.create("mgmt")
            pair = api.fleet.issue_client("mgmt", "jane", ())
            pem.write_bytes(pair.key + pair.certificate)
        server = await serve(api, tls=server_context(api))
        context = ssl.create_default_context(cadata=api.serving_authority.certificate_pem.decode())
        context.load_cert_chain(pem)
        browser = Browser(*await asyncio.open_connection("127.0.0.1", server.port, ssl=context))
        try:
            async with asyncio.timeout(20):
                return (await browser.ask("GET", "/clusters/mgmt/api"))[0]
        finally:
            await browser.close()
            await server.close()
            await api.stop()

    assert [asyncio.run(life(tmp_path / "jane.pem")) for _ in range(2)] == [200, 200]
