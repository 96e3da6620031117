"""Remote repositories and the Secrets that open them.

Source: Porch, credential Secrets of Repositories: kubernetes.io/basic-auth, or Opaque with a bearerToken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.git.remote import RemoteRepository
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import SECRET
from lab.orchestrators.builtin.revision import Key
from lab.ports.git_host import Credentials, LocalRoute


class CredentialFault(Exception):
    """A Secret that is named gives no credential."""


class Remotes:
    """Opens repositories; one that is registered keeps its store below `folder`, or in memory when None."""

    def __init__(self, client: KubeClient, route: LocalRoute | None, folder: Path | None) -> None:
        self._client = client
        self._route = route
        self._folder = folder
        self._open: dict[Key, tuple[str, Credentials | None, RemoteRepository]] = {}

    async def registered(self, key: Key, url: str, secret: str) -> tuple[RemoteRepository, bool]:
        """The repository of a Repository, and whether it was opened just now: first use, other URL or credential.

        Raises CredentialFault.
        """
        credentials = await self.credentials(key[0], secret)
        known = self._open.get(key)
        if known is not None and known[:2] == (url, credentials):
            return known[2], False
        self.forget(key)
        remote = RemoteRepository(url, credentials=credentials, route=self._route, folder=self._store(key, url))
        self._open[key] = url, credentials, remote
        return remote, True

    async def passing(self, namespace: str, url: str, secret: str) -> RemoteRepository:
        """A repository that is used once, held in memory. Raises CredentialFault."""
        return RemoteRepository(url, credentials=await self.credentials(namespace, secret), route=self._route)

    def forget(self, key: Key) -> None:
        """Let go of a Repository's repository."""
        known = self._open.pop(key, None)
        if known is not None:
            known[2].close()

    def close(self) -> None:
        """Let go of all."""
        for key in list(self._open):
            self.forget(key)

    async def credentials(self, namespace: str, secret: str) -> Credentials | None:
        """What a Secret holds; None for no name. Raises CredentialFault."""
        if not secret:
            return None
        try:
            found = await self._client.get(SECRET, secret, namespace)
        except KubeError as error:
            raise _fault(namespace, secret, error.message) from error
        if found is None:
            raise _fault(namespace, secret, f'secrets "{secret}" not found')
        return credentials_in(found, f"{namespace}/{secret}")

    def _store(self, key: Key, url: str) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256(url.encode()).hexdigest()[:12]
        return self._folder / f"{key[0]}.{key[1]}.{digest}"


def credentials_in(secret: Mapping[str, Any], shown: str) -> Credentials:
    """User name and token of a Secret; `shown` is its name in messages. Raises CredentialFault."""
    kind = str(secret.get("type") or "Opaque")
    data = secret.get("data") or {}
    try:
        values = {key: base64.b64decode(str(value)).decode() for key, value in data.items()}
    except (binascii.Error, UnicodeDecodeError) as error:
        raise CredentialFault(f"cannot resolve credentials in a secret {shown}: {error}") from error
    if kind == "kubernetes.io/basic-auth":
        return Credentials(values.get("username", ""), values.get("password", ""))
    if kind == "Opaque" and "bearerToken" in values:
        return Credentials("x-access-token", values["bearerToken"])
    raise CredentialFault(f"cannot resolve credentials in a secret {shown}: no resolver for secret with type {kind}")


def _fault(namespace: str, secret: str, why: str) -> CredentialFault:
    return CredentialFault(f"cannot resolve credentials in a secret {namespace}/{secret}: {why}")
