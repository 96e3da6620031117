"""What makes simulated objects recognizable, and what they share: owners, names, hashes, conditions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

SIMULATED = "lab.nephio.org/simulated"
"""Annotation on everything that is simulated, with the value `true`."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def marked(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Metadata with the mark."""
    found = dict(metadata or {})
    return {**found, "annotations": {**(found.get("annotations") or {}), SIMULATED: "true"}}


def is_marked(obj: Mapping[str, Any]) -> bool:
    """True if the object carries the mark."""
    return (obj["metadata"].get("annotations") or {}).get(SIMULATED) == "true"


def digest(value: Any, length: int = 10) -> str:
    """A short name for a value, without vowels, so that it is no word. Equal values have equal names."""
    number = int.from_bytes(sha256(json.dumps(value, sort_keys=True).encode()).digest())
    return "".join(_ALPHABET[(number >> (8 * i)) % len(_ALPHABET)] for i in range(length))


def owner_reference(api_version: str, kind: str, owner: Mapping[str, Any]) -> dict[str, Any]:
    """The reference by which a controller owns what it creates."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The owner reference of the controller, or None."""
    owners: Sequence[Mapping[str, Any]] = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def owned_by(obj: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    """True if `owner` is the controller of `obj`."""
    found = controller_of(obj)
    return found is not None and found.get("uid") == owner["metadata"]["uid"]


def is_deleting(obj: Mapping[str, Any]) -> bool:
    """True once the object's deletion was asked for."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def condition_of(obj: Mapping[str, Any], type_: str) -> Mapping[str, Any]:
    """A status condition, or an empty mapping."""
    listed: Sequence[Mapping[str, Any]] = (obj.get("status") or {}).get("conditions") or ()
    return next((condition for condition in listed if condition.get("type") == type_), {})


def is_true(obj: Mapping[str, Any], type_: str) -> bool:
    """True if the condition has the status True."""
    return condition_of(obj, type_).get("status") == "True"


def with_condition(conditions: Sequence[Mapping[str, Any]], new: Mapping[str, Any], now: str) -> list[dict[str, Any]]:
    """Conditions with `new` in its place; `lastTransitionTime` moves only when the status changes."""
    found: list[dict[str, Any]] = []
    placed = False
    for old in conditions:
        if old.get("type") != new["type"]:
            found.append(dict(old))
            continue
        same = old.get("status") == new["status"]
        found.append({**old, **new, "lastTransitionTime": old.get("lastTransitionTime", now) if same else now})
        placed = True
    return found if placed else [*found, {**new, "lastTransitionTime": now}]


def counts(**numbers: int) -> dict[str, int | None]:
    """Status numbers for a merge patch: a zero is absent, as in the Go types."""
    return {key: value or None for key, value in numbers.items()}


def shown(status: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    """True if a status already says what a merge patch would make it say."""
    return all(status.get(key) == value for key, value in changes.items())
