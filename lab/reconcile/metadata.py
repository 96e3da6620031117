"""The labels and annotations that mark an object as managed, and how it is told that one is ours.

Source: Config Sync, metadata of managed objects; Kubernetes, ApplySet identifiers.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from lab.reconcile.declared import DELETION, MANAGED, Declared
from lab.reconcile.identity import identity_of

FIELD_MANAGER = "configsync.gke.io"
SYSTEM_NAMESPACE = "config-management-system"

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGED_BY_VALUE = "configmanagement.gke.io"
DECLARED_VERSION = "configsync.gke.io/declared-version"
PART_OF = "applyset.kubernetes.io/part-of"
TOKEN = "configmanagement.gke.io/token"
SOURCE_PATH = "configmanagement.gke.io/source-path"
CLUSTER_NAME = "configmanagement.gke.io/cluster-name"
RESOURCE_ID = "configsync.gke.io/resource-id"
MANAGER = "configsync.gke.io/manager"
GIT_CONTEXT = "configsync.gke.io/git-context"
OWNING_INVENTORY = "config.k8s.io/owning-inventory"

LABELS = (MANAGED_BY, DECLARED_VERSION, PART_OF)
ANNOTATIONS = (
    MANAGED,
    TOKEN,
    SOURCE_PATH,
    CLUSTER_NAME,
    RESOURCE_ID,
    MANAGER,
    GIT_CONTEXT,
    OWNING_INVENTORY,
)
BOOKKEEPING = frozenset({TOKEN, GIT_CONTEXT, SOURCE_PATH})
"""Annotations that move with every commit: a difference in them alone is no change of the object."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose mark an object gets: one RootSync of one cluster, as it reads its repository."""

    root_sync: str
    repo: str
    branch: str
    revision: str
    cluster: str = ""

    @property
    def manager(self) -> str:
        """The value of `configsync.gke.io/manager`."""
        return manager_name(self.root_sync)

    @property
    def inventory(self) -> str:
        """The value of `config.k8s.io/owning-inventory`."""
        return f"{SYSTEM_NAMESPACE}_{self.root_sync}"

    @property
    def part_of(self) -> str:
        """The value of `applyset.kubernetes.io/part-of`."""
        return applyset_id(self.root_sync)


def manager_name(root_sync: str) -> str:
    """`:root` for the RootSync named root-sync, else `:root_<name>`."""
    return ":root" if root_sync == "root-sync" else f":root_{root_sync}"


def applyset_id(root_sync: str) -> str:
    """The ApplySet identifier of a RootSync."""
    who = f"{root_sync}.{SYSTEM_NAMESPACE}.RootSync.configsync.gke.io"
    digest = base64.urlsafe_b64encode(hashlib.sha256(who.encode()).digest()).decode().rstrip("=")
    return f"applyset-{digest}-v1"


def marked(declared: Declared, mark: Mark, commit: str) -> dict[str, Any]:
    """The object as it is applied: what is declared, and the mark."""
    obj = declared.obj()
    meta = obj["metadata"]
    meta["labels"] = {**(meta.get("labels") or {}), **mark_labels(declared, mark)}
    meta["annotations"] = {**(meta.get("annotations") or {}), **mark_annotations(declared, mark, commit)}
    return obj


def mark_labels(declared: Declared, mark: Mark) -> dict[str, str]:
    """The labels of the mark."""
    labels = {MANAGED_BY: MANAGED_BY_VALUE, PART_OF: mark.part_of}
    return labels if declared.implicit else {**labels, DECLARED_VERSION: declared.version}


def mark_annotations(declared: Declared, mark: Mark, commit: str) -> dict[str, str]:
    """The annotations of the mark; an implicit namespace is also marked to be kept when nothing needs it any more."""
    annotations = {
        MANAGED: "enabled",
        RESOURCE_ID: declared.identity.resource_id,
        MANAGER: mark.manager,
        TOKEN: commit,
        GIT_CONTEXT: orjson.dumps({"repo": mark.repo, "branch": mark.branch, "rev": mark.revision}).decode(),
        OWNING_INVENTORY: mark.inventory,
    }
    if mark.cluster:
        annotations[CLUSTER_NAME] = mark.cluster
    if declared.implicit:
        annotations[DELETION] = "detach"
    else:
        annotations[SOURCE_PATH] = declared.file
    return annotations


def manager_of(live: Mapping[str, Any]) -> str:
    """The RootSync that manages a live object, as its manager name, or "" for an unmanaged one.

    A copy of a managed object carries the resource-id of the original and counts as unmanaged.
    """
    annotations = (live.get("metadata") or {}).get("annotations") or {}
    if annotations.get(MANAGED) != "enabled":
        return ""
    if annotations.get(RESOURCE_ID) != identity_of(live).resource_id:
        return ""
    return str(annotations.get(MANAGER) or "")


def unmarking(live: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that takes every label and annotation of the mark off an object; empty when it has none."""
    meta = live.get("metadata") or {}
    patch: dict[str, Any] = {}
    for section, keys in (("labels", LABELS), ("annotations", ANNOTATIONS)):
        present = {key: None for key in keys if key in (meta.get(section) or {})}
        if present:
            patch[section] = present
    return {"metadata": patch} if patch else {}
