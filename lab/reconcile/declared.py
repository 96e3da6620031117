"""An object that a commit declares, with the place in the repository where it is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from lab.reconcile.faults import Site
from lab.reconcile.identity import Identity, identity_of, version_of

MANAGED = "configmanagement.gke.io/managed"
MUTATION = "client.lifecycle.config.k8s.io/mutation"
DELETION = "client.lifecycle.config.k8s.io/deletion"
ON_REMOVE = "cli-utils.sigs.k8s.io/on-remove"
DEPENDS_ON = "config.kubernetes.io/depends-on"
LOCAL_CONFIG = "config.kubernetes.io/local-config"


@dataclass(frozen=True, slots=True)
class Declared:
    """`body` is the object as compact JSON, so that a thousand agents can keep what they declare.

    `file` is relative to the repository, `line` counts from 1, `package` is the directory of its package. `implicit` is
    true for a namespace that is declared only because objects live in it.
    """

    identity: Identity
    api_version: str
    body: bytes
    annotations: Mapping[str, str]
    file: str = ""
    line: int = 0
    package: str = ""
    implicit: bool = False

    @property
    def version(self) -> str:
        """The version part of the apiVersion."""
        return version_of(self.api_version)

    @property
    def site(self) -> Site:
        """Where it stands, for an error."""
        return Site(self.identity, self.version, self.file, self.line)

    @property
    def disabled(self) -> bool:
        """Whether the repository gives the object up: `configmanagement.gke.io/managed: disabled`."""
        return self.annotations.get(MANAGED) == "disabled"

    @property
    def mutation_ignored(self) -> bool:
        """Whether it is created but never changed."""
        return self.annotations.get(MUTATION) == "ignore"

    def obj(self) -> dict[str, Any]:
        """The object, a fresh copy for each caller."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    def in_namespace(self, namespace: str) -> Declared:
        """The same object in a namespace."""
        obj = self.obj()
        obj["metadata"]["namespace"] = namespace
        return replace(self, identity=replace(self.identity, namespace=namespace), body=_compact(obj))


def declare(
    obj: dict[str, Any], *, file: str = "", line: int = 0, package: str = "", implicit: bool = False
) -> Declared:
    """The declaration of an object."""
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    texts = {str(key): str(value) for key, value in annotations.items()}
    api_version = str(obj.get("apiVersion") or "")
    return Declared(identity_of(obj), api_version, _compact(obj), texts, file, line, package, implicit)


def _compact(obj: dict[str, Any]) -> bytes:
    """The object as JSON, copied: orjson's own result keeps its whole work buffer of kilobytes alive."""
    return bytes(memoryview(orjson.dumps(obj)))
