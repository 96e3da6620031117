"""Applying again what differs in the values of annotations only: a pull agent does so for every object of a commit.

The outcome is that of the whole procedure, found without it. It is right only for an object of which is known that
applying the same configuration, values of annotations apart, changes nothing: then no field comes or goes, no default
is missing, and nobody else loses a field that is not among those values.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

_PLAIN = frozenset({"name", "namespace", "labels", "annotations"})
_MARK = "f:annotations"


def shape(applied: dict[str, Any], facts: str) -> bytes | None:
    """A digest of the configuration without the values of its annotations; None where this is no way for it.

    `facts` is what else the outcome depends on: manager, force, version.
    """
    metadata = applied["metadata"]
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict) or not _PLAIN.issuperset(metadata):
        return None
    if not all(isinstance(value, str) for value in annotations.values()):
        return None
    bare = {**applied, "metadata": {**metadata, "annotations": list(annotations)}}
    return hashlib.blake2b(facts.encode() + b"\0" + orjson.dumps(bare), digest_size=13).digest()


def reannotated(live: dict[str, Any], applied: dict[str, Any], manager: str, now: str) -> dict[str, Any] | None:
    """The live object with the applied annotations and the manager's entry as of `now` (RFC 3339).

    None where the whole procedure has to decide: the manager does not hold every applied annotation, or another one
    holds one that changes. The members that do not change are shared with `live`.
    """
    metadata = live["metadata"]
    wanted: dict[str, str] = applied["metadata"]["annotations"]
    present: dict[str, str] = metadata.get("annotations") or {}
    changed = [f"f:{key}" for key, value in wanted.items() if present.get(key) != value]
    entries = []
    found = False
    for entry in metadata.get("managedFields") or ():
        held = ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(_MARK)
        if _is_ours(entry, manager):
            if held is None or any(f"f:{key}" not in held for key in wanted):
                return None
            found = True
            entry = {**entry, "time": now} if changed else entry
        elif held is not None and (not held or any(key in held for key in changed)):
            return None
        entries.append(entry)
    if not found or metadata.get("deletionTimestamp"):
        return None
    entries.sort(key=_order)
    return {**live, "metadata": {**metadata, "annotations": {**present, **wanted}, "managedFields": entries}}


def beside_status(obj: dict[str, Any]) -> list[Any]:
    """What the outcome of an apply depends on: everything but status, version and what others updated.

    As long as it stays, what is remembered of applies holds: they do not reach the status of kinds that have one apart.
    """
    metadata = {key: value for key, value in obj["metadata"].items() if key not in ("resourceVersion", "managedFields")}
    appliers = [e for e in obj["metadata"].get("managedFields") or () if e.get("operation") == "Apply"]
    return [metadata, appliers, {key: value for key, value in obj.items() if key not in ("metadata", "status")}]


def _is_ours(entry: dict[str, Any], manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")


def _order(entry: dict[str, Any]) -> tuple[str, ...]:
    return (
        entry["operation"],
        entry.get("time") or "",
        entry.get("manager", ""),
        entry["apiVersion"],
        entry.get("subresource", ""),
    )
