"""Clusters of the embedded API server: made in a millisecond, reached by path below one HTTPS port."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.apiserver.core.identity import SYSTEM_MASTERS
from lab.apiserver.kubeconfig import cluster_url
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.model.fidelity import Fidelity
from lab.model.spec import MANAGEMENT
from lab.ports.cluster_provider import Capability, ClusterAccess, Role
from lab.ports.transport import Transport

ADMIN = "lab-admin"
HOST = "127.0.0.1"


class EmbeddedClusters:
    """The provider over a started `ApiServer`; `port` tells where it listens, 0 while it does not."""

    fidelity = Fidelity.STAND_IN
    capabilities = frozenset({Capability.INSTANT})

    def __init__(self, api: ApiServer, port: Callable[[], int] = lambda: 0) -> None:
        self._api = api
        self._port = port
        self._known: dict[str, ClusterAccess] = {}

    async def create(self, name: str, role: Role) -> ClusterAccess:
        """A cluster whose API answers; one that is there is found. Raises LabError LAB004."""
        if self._api.fleet.member(name) is None:
            self._api.fleet.create(name)
        return self._access(name, role)

    async def find(self, name: str) -> ClusterAccess | None:
        """The cluster, or None."""
        if self._api.fleet.member(name) is None:
            return None
        return self._access(name, Role.MANAGEMENT if name == MANAGEMENT else Role.WORKLOAD)

    async def list(self) -> Sequence[str]:
        """Every cluster of the lab."""
        return self._api.fleet.names()

    async def delete(self, name: str) -> None:
        """The cluster is gone, and its certificate authority with it: its identities mean nobody from now on."""
        self._known.pop(name, None)
        if self._api.fleet.member(name) is not None:
            self._api.fleet.delete(name)

    def account(self, cluster: str, namespace: str, account: str) -> Transport:
        """The cluster as one of its ServiceAccounts, from inside: the same pipeline and rights, without a socket."""
        identity = self._api.fleet.account_identity(cluster, namespace, account)
        return LocalTransport(self._api, cluster, identity)

    def _access(self, name: str, role: Role) -> ClusterAccess:
        port = self._port()
        known = self._known.get(name)
        server = cluster_url(HOST, port, name) if port else ""
        if known is not None and known.server == server:
            return known
        identity = self._api.fleet.identity(name, ADMIN, (SYSTEM_MASTERS,))
        access = ClusterAccess(name, role, server, self.credentials(name), LocalTransport(self._api, name, identity))
        self._known[name] = access
        return access

    def credentials(self, name: str) -> dict[str, str]:
        """What the kubeconfig of the cluster's admin holds, PEM; a fresh certificate of the cluster's own authority."""
        pair = self._api.fleet.issue_client(name, ADMIN, (SYSTEM_MASTERS,))
        return {
            "ca": self._api.serving_authority.certificate_pem.decode(),
            "certificate": pair.certificate.decode(),
            "key": pair.key.decode(),
        }
