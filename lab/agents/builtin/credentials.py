"""User name and token of a RootSync, read from its Secret at every poll, so that a renewed token is taken at once.

Source: Config Sync, Secret formats; its own pods keep the token that they were started with.
"""

from __future__ import annotations

import base64

from lab.agents.builtin.sync_spec import SyncSpec
from lab.kube.client import KubeClient
from lab.kube.paths import SECRET
from lab.ports.git_host import Credentials


class MissingSecret(Exception):
    """The Secret, or a key of it, is not there; the text is that of KNV1061."""


async def read_credentials(client: KubeClient, spec: SyncSpec) -> Credentials | None:
    """The credentials, or None where none are asked for. Raises MissingSecret and KubeError."""
    if spec.auth != "token":
        return None
    secret = await client.get(SECRET, spec.secret, spec.namespace)
    if secret is None:
        raise MissingSecret(f"Secret {spec.secret} not found: create one to allow client authentication")
    data = secret.get("data") or {}
    for key in ("username", "token"):
        if key not in data:
            text = f'git authType was set as "token" but "{key}" key is not present in "{spec.secret}" Secret'
            raise MissingSecret(text)
    username, token = (base64.b64decode(data[key]).decode() for key in ("username", "token"))
    return Credentials(username, token)
