"""The lab's own kubeconfig: contexts named exactly as the clusters; the user's file is never touched."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lab.kit.files import write_atomic

_PEM_KEYS = {"certificate": "client-certificate-data", "key": "client-key-data"}


def document(clusters: Mapping[str, tuple[str, Mapping[str, str]]], *, current: str) -> dict[str, Any]:
    """A kubeconfig with one context, cluster and user a name; `clusters` maps names to (server URL, credentials)."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "clusters": [
            {"name": name, "cluster": {"server": server, "certificate-authority-data": _encoded(credentials["ca"])}}
            for name, (server, credentials) in clusters.items()
        ],
        "users": [{"name": name, "user": _user(credentials)} for name, (_server, credentials) in clusters.items()],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in clusters],
        "current-context": current,
    }


def write(path: Path, clusters: Mapping[str, tuple[str, Mapping[str, str]]], *, current: str) -> None:
    """Write the file with rights for its owner only; a current context that somebody chose stays while it exists."""
    chosen = current_context(path)
    kept = chosen if chosen in clusters else current
    write_atomic(path, yaml.safe_dump(document(clusters, current=kept), sort_keys=False), mode=0o600)


def read(path: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """Names to (server URL, credentials with `ca`, `certificate`, `key`, `token` as PEM or text).

    Raises OSError when the file is missing, ValueError when it is no kubeconfig.
    """
    content = yaml.safe_load(path.read_text())
    if not isinstance(content, dict) or content.get("kind") != "Config":
        raise ValueError(f"{path} is no kubeconfig")
    clusters = {entry["name"]: entry["cluster"] for entry in content.get("clusters") or []}
    users = {entry["name"]: entry["user"] for entry in content.get("users") or []}
    found = {}
    for entry in content.get("contexts") or []:
        cluster = clusters[entry["context"]["cluster"]]
        user = users[entry["context"]["user"]]
        credentials = {"ca": _decoded(cluster.get("certificate-authority-data", ""))}
        credentials |= {key: _decoded(user[field]) for key, field in _PEM_KEYS.items() if field in user}
        if "token" in user:
            credentials["token"] = user["token"]
        found[entry["name"]] = (cluster["server"], credentials)
    return found


def current_context(path: Path) -> str:
    """The current context of a kubeconfig, empty when there is no such file or none is set."""
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError):
        return ""
    return str(content.get("current-context") or "") if isinstance(content, dict) else ""


def _user(credentials: Mapping[str, str]) -> dict[str, str]:
    if credentials.get("token"):
        return {"token": credentials["token"]}
    return {field: _encoded(credentials[key]) for key, field in _PEM_KEYS.items() if credentials.get(key)}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
