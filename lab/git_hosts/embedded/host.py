"""The lab's own Git host: repositories in a folder, served on a loopback port."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from lab.errors.base import LabError
from lab.git.packed_refs import RefChange
from lab.git_hosts.embedded.http_routes import GitRoutes
from lab.git_hosts.embedded.repositories import BareRepositories
from lab.git_hosts.embedded.serving import ServedRepositories
from lab.model.fidelity import Fidelity
from lab.ports.git_host import Credentials, HostedRepository

OnUpdate = Callable[[str, str, str | None, str | None], None]
"""Hears of every ref that moved: name of the repository, ref, old and new id (None: not there)."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_THREADS = 16


class EmbeddedGitHost:
    """Git over smart HTTP from bare repositories below `folder`. Anyone reads, `credentials` write.

    `port` 0 takes a free one. `on_update` is called in the event loop after refs moved, whoever moved them; agents
    must not know of it, since Git tells nobody either. It is also the route by which parts of this process reach the
    repositories without a socket; private repositories have no such route, so that their token is asked for.
    """

    def __init__(
        self,
        folder: Path,
        credentials: Credentials,
        *,
        port: int = 0,
        owner: str = "nephio",
        on_update: OnUpdate | None = None,
    ) -> None:
        self._repositories = BareRepositories(folder, owner)
        self._credentials = credentials
        self._asked_port = port
        self._owner = owner
        self._on_update = on_update
        self._damage: dict[str, LabError] = {}
        self._threads: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self._socket: socket.socket | None = None
        self._paused = False

    @property
    def fidelity(self) -> Fidelity:
        """What the host is: real Git in its protocol and files, but no server of the field."""
        return Fidelity.STAND_IN

    @property
    def credentials(self) -> Credentials:
        """The account that may push."""
        return self._credentials

    @property
    def url(self) -> str:
        """Where it listens, without a `/` at the end. Raises LabError before it was started."""
        if self._socket is None:
            raise LabError("LAB602", "The Git host is not running")
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def damaged(self) -> Mapping[str, LabError]:
        """The repositories that could not be read when the host was started."""
        return self._damage

    async def start(self) -> None:
        """Listen. Raises LabError LAB010 when the port is taken."""
        self._loop = asyncio.get_running_loop()
        self._socket = _bound(self._asked_port)
        self._threads = ThreadPoolExecutor(_THREADS, "git")
        self._damage = await self._loop.run_in_executor(self._threads, self._repositories.recover)
        served = ServedRepositories(self._repositories, self._owner, self._credentials, self.url, self.tell)
        application = GitRoutes(served, self._threads).application()
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await self._listen()

    async def stop(self) -> None:
        """Listen no more; a host that is not running stays so."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._socket is not None:
            self._socket.close()
        if self._threads is not None:
            self._threads.shutdown(wait=False)
        self._runner = self._site = self._socket = self._threads = None
        self._paused = False

    async def pause(self) -> None:
        """Be unreachable: connections are refused, open ones reset, and the local route is closed."""
        if self._paused or self._site is None or self._socket is None or self._runner is None:
            return
        self._paused = True
        port = self._socket.getsockname()[1]
        await self._site.stop()
        self._socket.close()
        # A socket that is bound and does not listen refuses connections and keeps the port from others.
        self._socket = _bound(port)
        server = self._runner.server
        for connection in server.connections if server is not None else ():
            if connection.transport is not None:
                connection.transport.abort()

    async def resume(self) -> None:
        """Be reachable again, at the same port."""
        if self._paused:
            self._paused = False
            await self._listen()

    async def create_repository(self, name: str) -> HostedRepository:
        """The repository, made when missing, with no commit when new. Raises LabError."""
        if (error := self._damage.get(name)) is not None:
            raise error
        await asyncio.to_thread(self._repositories.create, name)
        return self._hosted(name)

    async def find(self, name: str) -> HostedRepository | None:
        """The repository, or None. Raises LabError when it is damaged."""
        if (error := self._damage.get(name)) is not None:
            raise error
        return self._hosted(name) if self._repositories.has(name) else None

    async def list(self) -> Sequence[HostedRepository]:
        """Every repository of the lab."""
        return [self._hosted(name) for name in self._repositories.names()]

    async def delete_repository(self, name: str) -> None:
        """The repository is gone."""
        await asyncio.to_thread(self._repositories.delete, name)
        self._damage.pop(name, None)

    def set_private(self, name: str, private: bool) -> None:
        """Let anyone read the repository, or only who has the token."""
        self._repositories.set_private(name, private)

    def path(self, url: str) -> Path | None:
        """The bare repository behind `url`; None for other hosts, and for private and missing repositories.

        Raises ConnectionError while the host is paused.
        """
        name = self._name_in(url)
        if name is None:
            return None
        if self._paused:
            parts = urlsplit(url)
            raise ConnectionRefusedError(
                f"Failed to connect to {parts.hostname} port {parts.port}: Couldn't connect to server"
            )
        if not self._repositories.has(name) or self._repositories.is_private(name):
            return None
        return self._repositories.path(name)

    def may_write(self, url: str, credentials: Credentials | None) -> bool:
        """Whether a push with these credentials would be let in."""
        return credentials == self._credentials and self._name_in(url) is not None

    def moved(self, url: str, changes: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Tell `on_update` of refs that moved by the local route; may be called from any thread."""
        name = self._name_in(url)
        if name is not None:
            self.tell(name, [RefChange(ref, old, new) for ref, (old, new) in changes.items()])

    def tell(self, name: str, changes: Sequence[RefChange]) -> None:
        """Call `on_update` for refs that moved; may be called from any thread."""
        if self._on_update is None or self._loop is None:
            return
        for change in changes:
            self._loop.call_soon_threadsafe(self._on_update, name, change.name, change.old, change.new)

    async def _listen(self) -> None:
        if self._runner is not None and self._socket is not None:
            self._site = web.SockSite(self._runner, self._socket)
            await self._site.start()

    def _hosted(self, name: str) -> HostedRepository:
        url = f"{self.url}/{self._owner}/{name}.git"
        return HostedRepository(name, push_url=url, pull_url=url)

    def _name_in(self, url: str) -> str | None:
        """The repository's name in a URL of this host."""
        if self._socket is None or not url.startswith("http://"):
            return None
        place, _, path = url[len("http://") :].rpartition("@")[2].partition("/")
        host, _, port = place.rpartition(":")
        if host.lower() not in _LOOPBACK or port != str(self._socket.getsockname()[1]):
            return None
        owner, _, name = path.strip("/").partition("/")
        name = name.removesuffix(".git")
        return name if owner == self._owner and name and "/" not in name else None


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
    except OSError as error:
        made.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise LabError(
            "LAB010",
            f"Port {port} on this machine is taken, so the Git host cannot listen there",
            error.strerror or "",
            [f"ss -ltnp 'sport = :{port}'"],
        ) from error
    return made
