"""One object of one cluster as YAML, for reading: as its admin sees it, without what is secret or noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from lab.errors.base import LabError
from lab.kube.client import KubeClient, KubeError

HIDDEN = "(hidden: the page shows no secrets)"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET_KEYS = ("token", "password", "secret", "credential", "private-key", "privatekey", "kubeconfig")


class ObjectReader:
    """Reads objects; `client_of` gives a cluster as its admin and raises LabError LAB024 for an unknown one."""

    def __init__(self, client_of: Callable[[str], KubeClient]) -> None:
        self._client_of = client_of

    async def read(self, cluster: str, api_version: str, kind: str, namespace: str, name: str) -> str | None:
        """The object as YAML, or None when it, or its kind, is not there.

        Raises LabError LAB022 when the cluster does not answer or refuses.
        """
        client = self._client_of(cluster)
        try:
            resource = await client.kind_for(api_version, kind)
            found = await client.get(resource, name, namespace) if resource is not None else None
        except (KubeError, ConnectionError, TimeoutError) as error:
            raise LabError("LAB022", f"Cluster {cluster} does not answer.", str(error)) from error
        return None if found is None else as_yaml({"apiVersion": api_version, "kind": kind, **found})


def as_yaml(obj: dict[str, Any]) -> str:
    """The object as kubectl prints it, without managed fields, secrets replaced."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(shown(obj), Dumper=dumper, sort_keys=False, allow_unicode=True, width=100))


def shown(obj: dict[str, Any]) -> dict[str, Any]:
    """A copy that may be shown: of a Secret only the names of its keys; elsewhere, values that look like keys go."""
    metadata = {k: v for k, v in (obj.get("metadata") or {}).items() if k != "managedFields"}
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != LAST_APPLIED}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    result = {**obj, "metadata": metadata}
    if obj.get("kind") == "Secret":
        for part in ("data", "stringData"):
            if part in result:
                result[part] = dict.fromkeys(result[part] or {}, HIDDEN)
        return result
    if obj.get("kind") == "ConfigMap":
        for part in ("data", "binaryData"):
            if part in result:
                result[part] = {k: HIDDEN if _is_secret(k) else v for k, v in (result[part] or {}).items()}
    return result


def _is_secret(key: str) -> bool:
    folded = key.lower()
    return any(word in folded for word in _SECRET_KEYS)
