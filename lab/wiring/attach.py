"""The bench of a lab that runs in another process: over HTTPS with its kubeconfig, its journal and its control door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from lab.errors.base import LabError
from lab.events.watching import JournalObserver
from lab.kit.clock import SystemClock
from lab.kube import kubeconfig
from lab.kube.http import HttpTransport
from lab.model.spec import MANAGEMENT
from lab.ports.cluster_provider import Capability, ClusterAccess, Role
from lab.ports.git_host import Credentials, HostedRepository
from lab.scenarios.bench import Bench
from lab.wiring.home import Home
from lab.wiring.processes import server_answers
from lab.wiring.spec_file import read_spec

if TYPE_CHECKING:
    import aiohttp


@dataclass(slots=True)
class Control:
    """The control door of a lab server: a few requests on loopback, with the token that only its owner can read."""

    url: str
    token: str
    _session: aiohttp.ClientSession | None = None

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON reply. Raises LabError as the server tells it, or LAB022 when it does not answer."""
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False)
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with self._session.request(method, self.url + path, json=body, headers=headers) as reply:
                content = orjson.loads(await reply.read() or b"{}")
        except aiohttp.ClientError as error:
            raise LabError("LAB022", "The lab server does not answer.", str(error), ["lab up"]) from error
        if reply.status >= 400:
            raise LabError(content["code"], content["what"], content["why"], content["next"])
        return content

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def attach(home: Home) -> Bench:
    """The bench of the lab in `home`. Raises LabError LAB022 when its server is gone."""
    facts = home.read_server()
    if facts is None or not server_answers(home):
        raise _gone(home)
    control = Control(str(facts["control_url"]), str(facts["control_token"]))

    async def repository(name: str) -> HostedRepository:
        found = await control.call("POST", "/v1/repositories", {"name": name})
        return HostedRepository(found["name"], found["push_url"], found["pull_url"])

    async def change_clusters(name: str, wanted: bool) -> None:
        await control.call("PUT" if wanted else "DELETE", f"/v1/clusters/{name}")
        bench.clusters.clear()
        bench.clusters.update(read_clusters(home))

    bench = Bench(
        spec=read_spec(home.spec),
        folder=home.path,
        clock=SystemClock(),
        clusters=read_clusters(home),
        observer=JournalObserver(home.journal, SystemClock(), check=lambda: _check(home)),
        git_credentials=Credentials(str(facts["git_user"]), str(facts["git_token"])),
        capabilities=frozenset(Capability(c) for c in str(facts.get("capabilities", "")).split(",") if c),
        repository=repository,
        change_clusters=change_clusters,
        let_go=control.close,
    )
    return bench


def _check(home: Home) -> None:
    """Raises LabError LAB022 when nobody writes the journal any more."""
    if not server_answers(home):
        raise _gone(home)


def _gone(home: Home) -> LabError:
    why = "Its process is gone; what was done is kept." if home.server_log.exists() else ""
    return LabError("LAB022", f"The server of lab {home.name} does not answer.", why, ["lab up"])


def read_clusters(home: Home) -> dict[str, ClusterAccess]:
    """Every cluster of the lab's kubeconfig."""
    found = {}
    for name, (server, credentials) in kubeconfig.read(home.kubeconfig).items():
        role = Role.MANAGEMENT if name == MANAGEMENT else Role.WORKLOAD
        found[name] = ClusterAccess(name, role, server, credentials, HttpTransport(server, credentials))
    return found
