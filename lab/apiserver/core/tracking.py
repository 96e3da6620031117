"""Writes of the cluster's own controllers, which leave their name in the managed fields as any client does.

Source: Kubernetes, kube-controller-manager and the apiextensions controllers inside kube-apiserver.
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core.apply.managers import track_update
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.store import Key

CONTROLLERS = "kube-controller-manager"
API_SERVER = "kube-apiserver"


def tracked(
    resource: Resource,
    old: dict[str, Any] | None,
    new: dict[str, Any],
    now: str,
    *,
    manager: str = CONTROLLERS,
    subresource: str = "",
) -> dict[str, Any]:
    """The object as a controller writes it: `old` is what is stored (None for a new object), `now` RFC 3339."""
    return track_update(
        live=old,
        new=new,
        manager=manager,
        node=resource.schema,
        api_version=new["apiVersion"],
        subresource=subresource,
        now=now,
    )


def put_tracked(
    cluster: Cluster,
    group_resource: str,
    key: Key,
    new: dict[str, Any],
    *,
    manager: str = CONTROLLERS,
    subresource: str = "",
) -> None:
    """Store what a controller made of the object that is there."""
    entry = cluster.get(group_resource, key)
    resource = cluster.registry.of_group_resource(group_resource)
    if entry is not None and resource is not None:
        new = tracked(resource, entry.object(), new, cluster.now(), manager=manager, subresource=subresource)
    cluster.put(group_resource, key, new)
