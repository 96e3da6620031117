"""Objects reduced to their metadata, for clients that ask for `as=PartialObjectMetadata`.

Source: Kubernetes, meta.k8s.io/v1 PartialObjectMetadata and PartialObjectMetadataList.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

API_VERSION = "meta.k8s.io/v1"


def partial_metadata(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Kind, version and metadata of one object; the metadata is shared, not copied."""
    return {"kind": "PartialObjectMetadata", "apiVersion": API_VERSION, "metadata": obj.get("metadata") or {}}


def partial_metadata_list(objects: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A list of reduced objects; `metadata` is the list's own (resourceVersion, continue, remainingItemCount)."""
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": API_VERSION,
        "metadata": dict(metadata),
        "items": [partial_metadata(obj) for obj in objects],
    }
