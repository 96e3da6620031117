"""CPU of the embedded API server per operation, over a kept HTTP connection without TLS.

`python benchmarks/apiserver.py [--count N] [--only TEXT] [--profile]` prints one line per operation: microseconds of
CPU of the server's process, and the ratio to `json.loads` with a deep copy of the same object in the same run, so that
runs on different machines can be compared. The client is a process of its own: only the server's CPU is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import cProfile
import json
import pstats
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.apiserver.core.faults import Faults
from lab.apiserver.core.identity import Credentials, Identity, UserInfo
from lab.apiserver.core.request import Request, Response, WatchHandle
from lab.apiserver.model_files import InstalledModels
from lab.apiserver.serve.http1 import serve
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.kit.clock import SystemClock

MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
WATCHERS = 200

CLIENT = """
import json, socket, sys
port = int(sys.argv[1])
sock = socket.create_connection(("127.0.0.1", port))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
def exchange(data):
    sock.sendall(data)
    seen = b""
    while b"\\r\\n\\r\\n" not in seen:
        seen += sock.recv(65536)
    head, _, rest = seen.partition(b"\\r\\n\\r\\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\\r\\n")[0])
    while len(rest) < length:
        rest += sock.recv(65536)
    return int(head[9:12]), rest
for line in sys.stdin:
    order = json.loads(line)
    worst = 0
    for number in range(order["from"], order["from"] + order["count"]):
        body = order["body"].replace("@N@", str(number)).encode()
        path = order["path"].replace("@N@", str(number))
        text = f"{order['method']} /clusters/bench{path} HTTP/1.1\\r\\nHost: x\\r\\nUser-Agent: bench/1\\r\\n"
        text += "Accept: application/json\\r\\n"
        if body:
            text += f"Content-Type: {order['type']}\\r\\nContent-Length: {len(body)}\\r\\n"
        status, rest = exchange(text.encode() + b"\\r\\n" + body)
        if status >= 300 and worst < 300:
            print(f"{status} {rest[:300]!r}", file=sys.stderr)
        worst = max(worst, status)
    print(worst, flush=True)
"""


def administrator(cluster: str) -> Identity:
    """Somebody who may do everything on one cluster."""
    return Identity(UserInfo("bench", ("system:masters", "system:authenticated")), "in-process", cluster)


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request; `@N@` in path and body is the number of the request, `bar` the target in microseconds."""

    title: str
    method: str
    path: str
    content_type: str = ""
    body: str = ""
    bar: int = 0
    peer: str = ""


class TrustingServer(ApiServer):
    """Every connection is the administrator: without TLS nobody could prove who they are."""

    administrator = administrator("bench")

    async def handle(self, cluster: str, identity: Identity | Credentials, request: Request) -> Response | WatchHandle:
        """Answer a request as the administrator."""
        return await super().handle(cluster, self.administrator, request)


def config_map(value: str, *, name: str = "map", data: int = 6) -> dict[str, Any]:
    """A ConfigMap of some six hundred bytes."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"app.kubernetes.io/name": "bench", "app.kubernetes.io/part-of": "nephio"},
            "annotations": {"internal.kpt.dev/upstream-identifier": "v1|ConfigMap|default|map"},
        },
        "data": {"changes": value, **{f"key-{number}": "some text of a package " * 2 for number in range(data)}},
    }


def deployment(value: str) -> dict[str, Any]:
    """A Deployment with one container, ports, environment and resources."""
    labels = {"app": "bench"}
    container = {
        "name": "server",
        "image": "docker.io/library/server:1.2.3",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "A", "value": "1"}, {"name": "CHANGES", "value": value}],
        "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "10m", "memory": "64Mi"}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/config"}],
    }
    spec = {"containers": [container], "volumes": [{"name": "config", "configMap": {"name": "map"}}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "server", "namespace": "default", "labels": labels, "annotations": {"changes": value}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def operations() -> list[Operation]:
    """What is measured, in this order."""
    patch, apply = "application/merge-patch+json", "application/apply-patch+yaml"
    by = "?fieldManager=bench&force=true"
    fixed, workload = json.dumps(config_map("0")), json.dumps(deployment("0"))
    moving = {**deployment("0"), "metadata": {**deployment("0")["metadata"], "annotations": {"changes": "@N@"}}}
    return [
        Operation("create ConfigMap", "POST", MAPS, "application/json", json.dumps(config_map("0", name="new-@N@"))),
        Operation("apply ConfigMap, new", "PATCH", f"{MAPS}/made-@N@{by}", apply, fixed.replace('"map"', '"made-@N@"')),
        Operation("apply ConfigMap, change", "PATCH", f"{MAPS}/map{by}", apply, json.dumps(config_map("@N@")), 350),
        Operation("apply ConfigMap, no-op", "PATCH", f"{MAPS}/map{by}", apply, fixed, 70),
        Operation("get ConfigMap", "GET", f"{MAPS}/map", bar=80),
        Operation("merge patch ConfigMap", "PATCH", f"{MAPS}/map", patch, '{"data":{"changes":"@N@"}}', 300),
        Operation(
            "apply Deployment, change", "PATCH", f"{DEPLOYMENTS}/server{by}", apply, json.dumps(deployment("@N@")), 700
        ),
        Operation("apply Deployment, annotation", "PATCH", f"{DEPLOYMENTS}/server{by}", apply, json.dumps(moving), 700),
        Operation("apply Deployment, no-op", "PATCH", f"{DEPLOYMENTS}/server{by}", apply, workload, 70),
        Operation("get Deployment", "GET", f"{DEPLOYMENTS}/server"),
        Operation("list 500 ConfigMaps", "GET", f"{MAPS}?limit=500"),
    ]


def peer_microseconds(obj: dict[str, Any]) -> float:
    """`json.loads` and a deep copy of the object: the base of the ratios."""
    raw, times = json.dumps(obj), 2000
    before = time.process_time()
    for _ in range(times):
        copy.deepcopy(json.loads(raw))
    return (time.process_time() - before) / times * 1e6


class Run:
    """The server, its client and what was printed so far."""

    def __init__(self, count: int, profile: bool) -> None:
        self.count = count
        self.profile = profile

    async def requests(self, chosen: Callable[[str], bool]) -> None:
        """Measure the operations of one connection."""
        api = TrustingServer(SystemClock(), faults=Faults())
        await api.start()
        api.fleet.create("bench")
        server = await serve(api)
        client = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CLIENT, str(server.port), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        base = {"ConfigMap": peer_microseconds(config_map("0")), "Deployment": peer_microseconds(deployment("0"))}
        for operation in operations():
            if operation.title.endswith("no-op"):
                await self._order(client, operation, 0, 1)
        print(f"{'operation':34} {'µs CPU':>8} {'bar':>6} {'ratio to json.loads and deepcopy':>34}")
        for operation in operations():
            if chosen(operation.title):
                took = await self._measure(client, operation)
                kind = "Deployment" if "Deployment" in operation.title else "ConfigMap"
                self._line(operation.title, took, operation.bar, base[kind])
        assert client.stdin is not None
        client.stdin.close()
        await client.wait()
        await server.close()
        await api.stop()

    async def _measure(self, client: asyncio.subprocess.Process, operation: Operation) -> float:
        count = self.count // 10 if operation.title.startswith("list") else self.count
        await self._order(client, operation, 0, max(20, count // 10))
        profiler = cProfile.Profile() if self.profile else None
        if profiler:
            profiler.enable()
        before = time.process_time()
        await self._order(client, operation, 100_000, count)
        took = (time.process_time() - before) / count * 1e6
        if profiler:
            profiler.disable()
            pstats.Stats(profiler).sort_stats("tottime").print_stats(28)
        return took

    async def _order(self, client: asyncio.subprocess.Process, operation: Operation, first: int, count: int) -> None:
        assert client.stdin is not None
        assert client.stdout is not None
        order = {
            "method": operation.method,
            "path": operation.path,
            "type": operation.content_type,
            "body": operation.body,
            "from": first,
            "count": count,
        }
        client.stdin.write(json.dumps(order).encode() + b"\n")
        status = (await client.stdout.readline()).strip()
        if not status or int(status) >= 300:
            raise SystemExit(f"{operation.title}: the server answered {status.decode() or 'nothing'}")

    def _line(self, title: str, took: float, bar: float = 0, base: float = 0) -> None:
        ratio = f"{took / base:34.1f}" if base else ""
        print(f"{title:34} {took:8.1f} {f'{bar:6.0f}' if bar else '      '} {ratio}".rstrip(), flush=True)

    async def inside(self, chosen: Callable[[str], bool]) -> None:
        """Measure what needs no connection: watches, clusters, documents."""
        api = ApiServer(SystemClock(), read_model=InstalledModels())
        await api.start()
        if chosen("one cluster more"):
            before, number = time.process_time(), 300
            for at in range(number):
                api.fleet.create(f"cluster-{at}")
            self._line("one cluster more", (time.process_time() - before) / number * 1e6, 1000)
        if chosen("watch delivery"):
            self._line("watch delivery", await self._watches(api), 20)
        if chosen("openapi core/v1"):
            api.fleet.create("documents")
            client = LocalTransport(api, "documents", administrator("documents"))
            before = time.process_time()
            held = asyncio.create_task(_longest_hold())
            await asyncio.sleep(0)
            await client.request("GET", "/openapi/v3/api/v1")
            self._line("openapi core/v1 with sentences", (time.process_time() - before) * 1e6)
            held.cancel()
            self._line("  of which the loop was held", await held * 1e6, 100_000)
        await api.stop()

    async def _watches(self, api: ApiServer) -> float:
        cluster = api.fleet.create("watched")
        sinks = [_Sink() for _ in range(WATCHERS)]
        for sink in sinks:
            handle = await api.handle("watched", administrator("watched"), Request("GET", MAPS, (("watch", "1"),)))
            assert not isinstance(handle, Response)
            handle.start(sink)
        before, events = time.process_time(), 100
        obj = config_map("0")
        obj["metadata"]["uid"] = "0"
        for _ in range(events):
            cluster.put("configmaps", ("default", "map"), obj)
        took = (time.process_time() - before) / events / WATCHERS * 1e6
        assert all(sink.frames >= events for sink in sinks)
        return took


async def _longest_hold() -> float:
    """Until it is cancelled; seconds of the longest time in which the loop did nothing else."""
    worst = 0.0
    try:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - before - 0.001)
    except asyncio.CancelledError:
        return worst


class _Sink:
    """Counts frames."""

    def __init__(self) -> None:
        self.frames = 0

    def write(self, _data: bytes) -> bool:
        self.frames += 1
        return True

    def end(self) -> None:
        """Nothing to do."""


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=3000, help="requests per operation")
    parser.add_argument("--only", default="", help="only operations whose title holds this text")
    parser.add_argument("--profile", action="store_true", help="also print where the server's time goes")
    arguments = parser.parse_args()
    run = Run(arguments.count, arguments.profile)

    def chosen(title: str) -> bool:
        return arguments.only.lower() in title.lower()

    await run.requests(chosen)
    await run.inside(chosen)


if __name__ == "__main__":
    asyncio.run(main())
