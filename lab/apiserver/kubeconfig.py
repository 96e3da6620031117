"""kubeconfig files: one context per cluster, named as the cluster.

Source: Kubernetes, client-go clientcmd/api/v1 Config.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.apiserver.core.pki import KeyPair
from lab.apiserver.serve.http1 import PREFIX


@dataclass(frozen=True, slots=True)
class Context:
    """One context: a cluster, and either a client certificate or a token."""

    cluster: str
    server: str
    """The URL of the cluster."""
    authority: bytes
    """The authority of the serving certificate, PEM."""
    client: KeyPair | None = None
    token: str = ""
    namespace: str = ""


def cluster_url(host: str, port: int, name: str) -> str:
    """Where a cluster answers."""
    return f"https://{host}:{port}{PREFIX}{name}"


def kubeconfig(contexts: Sequence[Context], current: str = "") -> dict[str, Any]:
    """A kubeconfig as JSON data (which is YAML too); `current` is the first context where it is not given."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "clusters": [
            {
                "name": context.cluster,
                "cluster": {"server": context.server, "certificate-authority-data": _b64(context.authority)},
            }
            for context in contexts
        ],
        "users": [{"name": context.cluster, "user": _user(context)} for context in contexts],
        "contexts": [{"name": context.cluster, "context": _context(context)} for context in contexts],
        "current-context": current or (contexts[0].cluster if contexts else ""),
    }


def _context(context: Context) -> dict[str, str]:
    found = {"cluster": context.cluster, "user": context.cluster}
    if context.namespace:
        found["namespace"] = context.namespace
    return found


def _user(context: Context) -> dict[str, str]:
    if context.client is None:
        return {"token": context.token}
    return {
        "client-certificate-data": _b64(context.client.certificate),
        "client-key-data": _b64(context.client.key),
    }


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
