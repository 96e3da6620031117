"""What would let somebody into a cluster, and finding it in texts, however it is wrapped. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

DEPTH = 3
"""Layers of base64 that are unwrapped: a Secret around a kubeconfig around a certificate."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
_KUBECONFIG = re.compile(r"[\"']?kind[\"']?\s*:\s*[\"']?Config\b")
_ENTRIES = re.compile(r"[\"']?(certificate-authority-data|client-key-data|current-context)[\"']?\s*:")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens a cluster: `server` is its address, `secrets` are texts that only its owner holds, by name."""

    cluster: str
    server: str
    secrets: Mapping[str, str]


def keys_of(cluster: str, server: str, credentials: Mapping[str, str]) -> Keys:
    """The keys in a kubeconfig's terms (`certificate`, `key`, `token`; the public `ca` is none)."""
    secrets = {name: _heart(value) for name, value in credentials.items() if name != "ca" and value}
    return Keys(cluster, server.partition("://")[2].rstrip("/"), secrets)


def traces(data: Any, keys: Keys) -> list[str]:
    """What of the keys is in a document, sorted: names of secrets, `address`, `kubeconfig`, `private key`."""
    found = {trace for text in _texts(data) for trace in _in_text(text, keys, DEPTH)}
    return sorted(found)


def _in_text(text: str, keys: Keys, depth: int) -> Iterator[str]:
    joined = "".join(text.split())
    yield from (name for name, secret in keys.secrets.items() if secret and secret in joined)
    if keys.server and keys.server in text:
        yield "address"
    if _KUBECONFIG.search(text) and _ENTRIES.search(text):
        yield "kubeconfig"
    if _PRIVATE_KEY.search(text):
        yield "private key"
    if depth:
        for inner in _unwrapped(text):
            yield from _in_text(inner, keys, depth - 1)


def _unwrapped(text: str) -> Iterator[str]:
    # Base64 may be broken into lines, as `base64` and PEM do.
    for candidate in {*_BASE64.findall(text), *_BASE64.findall("".join(text.split()))}:
        for decode in (base64.b64decode, base64.urlsafe_b64decode):
            try:
                yield decode(candidate + "=" * (-len(candidate) % 4)).decode("utf-8")
            except (binascii.Error, ValueError):
                continue
            break


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, bytes):
        yield data.decode("utf-8", errors="replace")
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(data, list | tuple):
        for item in data:
            yield from _texts(item)


def _heart(secret: str) -> str:
    """A PEM text without its frame and line breaks, any other text as it is: the part that must stand nowhere else."""
    lines = [line.strip() for line in secret.splitlines() if line.strip()]
    return "".join(line for line in lines if not line.startswith("-----"))
