"""What an object is called, in each of the forms that Config Sync and kpt write it.

Source: Config Sync, `configsync.gke.io/resource-id`; cli-utils, object metadata and depends-on references.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """One object of one cluster, whatever version it is spoken to in; `namespace` is empty for cluster scope."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def resource_id(self) -> str:
        """The value of `configsync.gke.io/resource-id`: `apps_deployment_ran_upf`, `_namespace_ran`."""
        place = f"{self.namespace}_{self.name}" if self.namespace else self.name
        return f"{self.group}_{self.kind.lower()}_{place}"

    @property
    def described(self) -> str:
        """As coded errors name it: `Deployment.apps, ran/upf`, `Namespace, /ran`."""
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind}, {self.namespace}/{self.name}"

    @property
    def subject(self) -> str:
        """As facts name it: `Deployment/ran/upf`, without a namespace `Namespace/ran`."""
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"

    @property
    def inventory_id(self) -> str:
        """As the inventory library writes it: `ran_upf_apps_Deployment`."""
        return f"{self.namespace}_{self.name}_{self.group}_{self.kind}"

    @property
    def reference(self) -> str:
        """As `config.kubernetes.io/depends-on` writes it: `apps/namespaces/ran/Deployment/upf`."""
        place = f"namespaces/{self.namespace}/" if self.namespace else ""
        return f"{self.group}/{place}{self.kind}/{self.name}"


def group_of(api_version: str) -> str:
    """The group of an apiVersion; empty for the core group."""
    return api_version.rpartition("/")[0]


def version_of(api_version: str) -> str:
    """The version of an apiVersion."""
    return api_version.rpartition("/")[2]


def identity_of(obj: Mapping[str, Any]) -> Identity:
    """The identity of an object that has apiVersion, kind and name."""
    meta = obj.get("metadata") or {}
    group = group_of(str(obj.get("apiVersion") or ""))
    return Identity(group, str(obj.get("kind") or ""), str(meta.get("namespace") or ""), str(meta.get("name") or ""))


def parse_reference(text: str) -> Identity | None:
    """The identity behind a depends-on reference, or None when it has another form."""
    match text.strip().split("/"):
        case [group, "namespaces", namespace, kind, name] if namespace and kind and name:
            return Identity(group, kind, namespace, name)
        case [group, kind, name] if kind and name:
            return Identity(group, kind, "", name)
    return None


def is_namespace(identity: Identity) -> bool:
    """Whether the object is a Namespace."""
    return not identity.group and identity.kind == "Namespace"


def is_definition(identity: Identity) -> bool:
    """Whether the object is a CustomResourceDefinition."""
    return (identity.group, identity.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition")
