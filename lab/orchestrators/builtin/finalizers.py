"""Finalizers, added and removed so that nobody else's are lost."""

from __future__ import annotations

from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import Kind, Object, metadata, name_of, namespace_of


def has_finalizer(obj: Object, finalizer: str) -> bool:
    """Whether the object carries the finalizer."""
    return finalizer in (metadata(obj).get("finalizers") or ())


async def set_finalizer(client: KubeClient, kind: Kind, obj: Object, finalizer: str, *, present: bool) -> None:
    """Add or remove one finalizer of the object as it was read. Raises KubeError 409 when it changed meanwhile."""
    meta = metadata(obj)
    known = [name for name in meta.get("finalizers") or () if name != finalizer]
    patch = {
        "metadata": {
            "resourceVersion": meta.get("resourceVersion"),
            "finalizers": [*known, finalizer] if present else known,
        }
    }
    try:
        await client.patch(kind, name_of(obj), patch, namespace=namespace_of(obj))
    except KubeError as error:
        if not error.not_found:
            raise
