"""Trying the identities of one cluster on another, through its front door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager

from lab.kube.client import KubeClient, KubeError
from lab.kube.http import HttpTransport
from lab.kube.paths import SERVICE_ACCOUNT, Kind, name_of, namespace_of
from lab.scenarios.conditions.condition import Finding, News
from lab.scenarios.conditions.periodic import every_period
from lab.scenarios.doors import Door, doors
from lab.scenarios.scene import Scene

_UNAUTHORIZED = 401


class LoginFrom:
    """Some identity of `origin`, its admin or any of its ServiceAccounts, is known on `target`: not answered 401."""

    def __init__(self, origin: str, target: str) -> None:
        self._origin = origin
        self._target = target

    def following(self, scene: Scene) -> AbstractAsyncContextManager[News]:
        """Everybody tries again once a period."""
        return every_period(scene)

    async def look(self, scene: Scene) -> Finding:
        """Each identity asks for the namespaces of the target, over HTTPS."""
        known_doors = await doors(scene.bench)
        server, credentials = known_doors[self._target]
        refused: list[str] = []
        known: list[str] = []
        async for who, shown in self._identities(scene, known_doors[self._origin]):
            status = await _status(server, {"ca": credentials.get("ca", ""), **shown})
            (refused if status == _UNAUTHORIZED else known).append(f"{who}: {status}")
        expected = f"an identity of {self._origin} that {self._target} knows"
        return Finding(bool(known), expected, known or refused, found={"known": known, "refused": refused})

    async def _identities(self, scene: Scene, door: Door) -> AsyncIterator[tuple[str, Mapping[str, str]]]:
        _server, own = door
        yield f"the admin of {self._origin}", {key: value for key, value in own.items() if key != "ca"}
        client = scene.kube(self._origin)
        accounts, _version = await client.list(SERVICE_ACCOUNT)
        for account in accounts:
            who = f"system:serviceaccount:{namespace_of(account)}:{name_of(account)}"
            token = await _token(client, SERVICE_ACCOUNT, namespace_of(account), name_of(account))
            if token:
                yield who, {"token": token}


async def _status(server: str, credentials: Mapping[str, str]) -> int:
    transport = HttpTransport(server, credentials)
    try:
        status, _headers, _body = await transport.request("GET", "/api/v1/namespaces")
    finally:
        await transport.close()
    return status


async def _token(client: KubeClient, kind: Kind, namespace: str, name: str) -> str:
    """A fresh token of a ServiceAccount, empty when the account just goes away. Source: Kubernetes, TokenRequest."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    try:
        reply = await client.create(
            kind, {**request, "metadata": {"name": name}}, namespace=namespace, subresource="token"
        )
    except KubeError as error:
        if error.not_found:
            return ""
        raise
    return str(reply["status"]["token"])
