"""The life of `metadata`: names, uids, times, generation, and what nobody may change.

Source: Kubernetes, apiserver registry `rest.BeforeCreate`, `rest.BeforeUpdate`, `rest.BeforeDelete`.
"""

from __future__ import annotations

import random
import uuid
from typing import Any

from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.resource import Resource

_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_LONGEST_PREFIX = 63 - _SUFFIX_LENGTH
_KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")


def generate_name(prefix: str) -> str:
    """A name from `generateName`: the prefix and five characters without vowels."""
    return prefix[:_LONGEST_PREFIX] + "".join(random.choices(_SUFFIX_ALPHABET, k=_SUFFIX_LENGTH))


def new_uid() -> str:
    """A random uid; nothing secret, so it needs no randomness of the system's own for each object."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def begin(resource: Resource, obj: dict[str, Any], now: str) -> None:
    """Fill the metadata of an object that is being created, in place."""
    metadata = obj["metadata"]
    for key in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"):
        metadata.pop(key, None)
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = generate_name(metadata["generateName"])
    metadata["uid"] = new_uid()
    metadata["creationTimestamp"] = now
    if resource.has_generation:
        metadata["generation"] = 1


def carry_over(new: dict[str, Any], old: dict[str, Any]) -> None:
    """Copy into `new` what a client can never change, in place."""
    metadata, before = new["metadata"], old["metadata"]
    for key in _KEPT:
        if key in before:
            metadata[key] = before[key]
        else:
            metadata.pop(key, None)
    if "generateName" in before:
        metadata.setdefault("generateName", before["generateName"])
    metadata["resourceVersion"] = before["resourceVersion"]


def raise_generation(resource: Resource, new: dict[str, Any], old: dict[str, Any]) -> None:
    """Count a change of anything but metadata and status, in place."""
    if not resource.has_generation:
        return
    ignored = {"metadata", "apiVersion", "kind"}
    if resource.subresource("status") is not None or not resource.custom:
        ignored.add("status")
    changed = any(new.get(key) != old.get(key) for key in (new.keys() | old.keys()) - ignored)
    if resource.group_resource == "endpointslices.discovery.k8s.io":
        changed = changed or new["metadata"].get("labels") != old["metadata"].get("labels")
    if changed:
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def finalizer_errors(new: dict[str, Any], old: dict[str, Any]) -> list[FieldError]:
    """A fault where finalizers are added to an object that is being deleted."""
    if not old["metadata"].get("deletionTimestamp"):
        return []
    added = [f for f in new["metadata"].get("finalizers") or [] if f not in (old["metadata"].get("finalizers") or [])]
    if not added:
        return []
    shown = "[]string{" + ", ".join(f'"{name}"' for name in added) + "}"
    text = (
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
        f"found new finalizers {shown}"
    )
    # The generic checks and those of the kind's strategy both say it: one sentence, two causes.
    return [FieldError("Forbidden", "metadata.finalizers", text)] * 2


def mark_deleted(obj: dict[str, Any], now: str, *, graceful: bool = True) -> None:
    """Set the deletion time, in place; the generation rises with it.

    Namespaces and CustomResourceDefinitions are marked by their own registries: no grace period, same generation.
    """
    metadata = obj["metadata"]
    metadata["deletionTimestamp"] = now
    if not graceful:
        return
    metadata["deletionGracePeriodSeconds"] = 0
    if metadata.get("generation"):
        metadata["generation"] += 1
