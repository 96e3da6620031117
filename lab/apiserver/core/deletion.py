"""The first half of deletion: marking, finalizers of the propagation policy, removal where nothing holds the object.

The second half is for `garbage`, `namespaces` and `definitions`. Source: Kubernetes, rest.BeforeDelete.
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core import crd, meta
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.store import Key

ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
_POLICY_FINALIZERS = {"Orphan": ORPHAN, "Foreground": FOREGROUND}


_MARKED_BY_REGISTRY = frozenset({"namespaces", crd.GROUP_RESOURCE})


def request_deletion(
    cluster: Cluster, resource: Resource, key: Key, policy: str = "", *, dry_run: bool = False
) -> tuple[dict[str, Any], bool]:
    """Delete an object or mark it. Returns its state and whether it is gone.

    `policy` is Orphan, Foreground, Background or empty for what the finalizers already say. The object has to exist.
    """
    obj = cluster.table(resource.group_resource).entries[key].object()
    metadata = obj["metadata"]
    before = list(metadata.get("finalizers") or [])
    finalizers = _with_policy(before, policy)
    first = not metadata.get("deletionTimestamp")
    if first and resource.group_resource == crd.GROUP_RESOURCE and crd.CLEANUP not in finalizers:
        finalizers = [*finalizers, crd.CLEANUP]
    marked = bool(metadata.get("deletionTimestamp"))
    if marked and finalizers == before:
        return obj, False
    if not finalizers and not _holds_itself(resource, obj):
        if resource.group_resource == "pods" and not marked:
            meta.mark_deleted(obj, cluster.now())
        if not dry_run:
            metadata.pop("finalizers", None)
            cluster.remove(resource.group_resource, key, obj)
        return obj, True
    metadata["finalizers"] = finalizers
    if not finalizers:
        del metadata["finalizers"]
    if not marked:
        meta.mark_deleted(obj, cluster.now(), graceful=resource.group_resource not in _MARKED_BY_REGISTRY)
        _mark_kind(resource, obj, cluster.now())
    if not dry_run:
        cluster.put(resource.group_resource, key, obj)
    return obj, False


def _holds_itself(resource: Resource, obj: dict[str, Any]) -> bool:
    """Namespaces go in two phases: their own finalizers stand in the spec."""
    return resource.group_resource == "namespaces" and bool((obj.get("spec") or {}).get("finalizers"))


def _mark_kind(resource: Resource, obj: dict[str, Any], now: str) -> None:
    if resource.group_resource == "namespaces":
        obj.setdefault("status", {})["phase"] = "Terminating"
    elif resource.group_resource == crd.GROUP_RESOURCE:
        crd.mark_terminating(obj, now)


def _with_policy(finalizers: list[str], policy: str) -> list[str]:
    if not policy:
        return finalizers
    kept = [name for name in finalizers if name not in (ORPHAN, FOREGROUND)]
    wanted = _POLICY_FINALIZERS.get(policy)
    return [*kept, wanted] if wanted else kept
