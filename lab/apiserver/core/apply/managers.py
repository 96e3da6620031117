"""Who owns which fields: reading and writing metadata.managedFields, and what a plain write does to it.

Source: Kubernetes, k8s.io/apimachinery managedfields (managed fields updater, build manager info, cap managers, strip
meta) over structured-merge-diff's updater.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.apiserver.core import gotypes
from lab.apiserver.core.apply.compare import Comparison, compare
from lab.apiserver.core.apply.fieldset import (
    Tree,
    difference,
    intersection,
    ordered,
    union,
)
from lab.apiserver.core.apply.reconcile import reconciled

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node

MAX_UPDATE_MANAGERS = 10
ANCIENT = "ancient-changes"
STRIPPED: Tree = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        ".": {},
        "f:name": {},
        "f:namespace": {},
        "f:creationTimestamp": {},
        "f:selfLink": {},
        "f:uid": {},
        "f:clusterName": {},
        "f:generation": {},
        "f:managedFields": {},
        "f:resourceVersion": {},
    },
}
"""Fields that the server sets itself and nobody owns."""


class ManagerKey(NamedTuple):
    """What tells one entry from another; `api_version` is empty for appliers, who keep one entry over versions."""

    manager: str
    operation: str
    api_version: str
    subresource: str

    def identifier(self) -> str:
        """The text by which the real server sorts managers in messages."""
        return "\0".join(self)


@dataclass(frozen=True, slots=True)
class Ownership:
    """One entry of managedFields, read: the fields, their version and when they were set (None: unknown)."""

    fields: Tree
    api_version: str
    time: str | None


Managers = dict[ManagerKey, Ownership]


def key_for(manager: str, operation: str, api_version: str, subresource: str) -> ManagerKey:
    """The key of a request's manager."""
    version = "" if operation == "Apply" else api_version
    return ManagerKey(manager or "unknown", operation, version, subresource)


def read(entries: list[dict[str, Any]] | None) -> Managers | None:
    """The managers of an object; None where the list cannot be read."""
    managers: Managers = {}
    for entry in entries or []:
        operation, version = entry.get("operation"), entry.get("apiVersion")
        if operation not in ("Apply", "Update") or not version or entry.get("fieldsType") != "FieldsV1":
            return None
        key = key_for(entry.get("manager", ""), operation, version, entry.get("subresource", ""))
        if not entry.get("manager"):
            key = key._replace(manager="")
        managers[key] = Ownership(entry.get("fieldsV1") or {}, version, entry.get("time"))
    return managers


def write(managers: Managers) -> list[dict[str, Any]]:
    """The list for metadata.managedFields: appliers first, then by time, manager, version and subresource."""
    entries = []
    for key, owned in managers.items():
        entry: dict[str, Any] = {"manager": key.manager} if key.manager else {}
        entry |= {"operation": key.operation, "apiVersion": owned.api_version}
        if owned.time:
            entry["time"] = owned.time
        entry |= {"fieldsType": "FieldsV1", "fieldsV1": ordered(owned.fields)}
        if key.subresource:
            entry["subresource"] = key.subresource
        entries.append(entry)
    entries.sort(
        key=lambda e: (
            e["operation"],
            e.get("time") or "",
            e.get("manager", ""),
            e["apiVersion"],
            e.get("subresource", ""),
        )
    )
    return entries


def with_managers(obj: dict[str, Any], managers: Managers) -> dict[str, Any]:
    """A copy of the object (its first two levels) that carries these managers."""
    metadata = {key: value for key, value in obj.get("metadata", {}).items() if key != "managedFields"}
    if managers:
        metadata["managedFields"] = write(managers)
    return {**obj, "metadata": metadata}


def unmanaged(obj: dict[str, Any]) -> dict[str, Any]:
    """A copy of the object (its first two levels) without managed fields."""
    return with_managers(obj, {})


def strip(managers: Managers, key: ManagerKey) -> None:
    """Take from one manager what nobody owns; drop the manager if nothing is left."""
    owned = managers.get(key)
    if owned is not None:
        fields = difference(owned.fields, STRIPPED)
        if fields:
            managers[key] = replace(owned, fields=fields)
        else:
            del managers[key]


@cache
def _zero(api_version: str, kind: str) -> dict[str, Any]:
    group, _, version = api_version.rpartition("/")
    return gotypes.round_trip(group, version, kind, {})


def empty_object(obj: dict[str, Any], node: Node | None) -> dict[str, Any]:
    """What a new object is compared with: for built-in kinds the Go struct's zero value, otherwise nothing.

    Members that a Go struct always has (such as `spec.template.spec.containers`) count as present before the object
    exists. Shared: do not change.
    """
    if node is None or not node.builtin:
        return {"apiVersion": obj.get("apiVersion"), "kind": obj.get("kind")}
    return _zero(obj.get("apiVersion", ""), obj.get("kind", ""))


def track_update(
    *,
    live: dict[str, Any] | None,
    new: dict[str, Any],
    manager: str,
    node: Node | None,
    api_version: str,
    subresource: str,
    now: str,
) -> dict[str, Any]:
    """The object of a create, update or patch with the managed fields that follow from it.

    `live` is the stored object (None on create), `new` the object to be stored, complete with defaults; `manager` the
    request's field manager, `now` the time as RFC 3339. Fields that changed move to the manager; those that are gone
    are nobody's. A list of managed fields in `new` replaces the live one, an empty one resets it; over a subresource it
    is ignored. Neither input is changed.
    """
    managers = _starting_managers(live, new, subresource)
    plain = unmanaged(new)
    if not managers and live is not None and live.get("metadata", {}).get("uid"):
        return plain
    before = unmanaged(live) if live is not None else empty_object(new, node)
    managers = current_schema(managers, node)
    changes = compare(before, plain, node)
    take_from_others(managers, changes, None)
    taken = union(changes.modified, changes.added)
    fields = difference(taken, STRIPPED)
    if fields:
        key = key_for(manager, "Update", api_version, subresource)
        previous = managers.get(key)
        joined = union(fields, previous.fields) if previous else fields
        # A write through a Scale is translated to its object, and on the way its time is lost.
        managers[key] = Ownership(joined, api_version, None if subresource == "scale" else now)
    cap(managers)
    return with_managers(plain, managers)


def _starting_managers(live: dict[str, Any] | None, new: dict[str, Any], subresource: str) -> Managers:
    stored = read((live or {}).get("metadata", {}).get("managedFields")) or {}
    if subresource:
        return stored
    sent = new.get("metadata", {}).get("managedFields")
    if sent is not None and (not sent or sent == [{}]):
        return {}
    return read(sent) or stored


def current_schema(managers: Managers, node: Node | None) -> Managers:
    """The managers with fields that the present schema owns as a whole no longer split up."""
    if node is None or node.builtin:
        return dict(managers)
    return {key: replace(owned, fields=reconciled(owned.fields, node)) for key, owned in managers.items()}


def conflicting(managers: Managers, changes: Comparison, applier: ManagerKey) -> dict[ManagerKey, Tree]:
    """Per other manager the owned fields that a change touches."""
    touched = union(changes.modified, changes.added)
    found = {}
    for key, owned in managers.items():
        if key != applier:
            fields = intersection(owned.fields, touched)
            if fields:
                found[key] = fields
    return found


def take_from_others(managers: Managers, changes: Comparison, applier: ManagerKey | None) -> None:
    """Take changed and removed fields from all managers but the one that changes them."""
    gone = union(union(changes.modified, changes.added), changes.removed)
    for key, owned in list(managers.items()):
        if key == applier:
            continue
        if gone:
            owned = replace(owned, fields=difference(owned.fields, gone))
            managers[key] = owned
        if not owned.fields:
            del managers[key]


def cap(managers: Managers) -> None:
    """Keep the number of Update entries at ten: the oldest ones are merged into one per version."""
    updaters = [key for key in managers if key.operation == "Update"]
    surplus = len(updaters) - MAX_UPDATE_MANAGERS
    if surplus <= 0:
        return
    updaters.sort(key=lambda key: (managers[key].time or "", key.identifier()))
    first: dict[str, ManagerKey] = {}
    for key in updaters:
        if surplus <= 0:
            break
        owned = managers[key]
        bucket = ManagerKey(ANCIENT, "Update", owned.api_version, "")
        if owned.api_version not in first:
            first[owned.api_version] = key
            continue
        if bucket not in managers:
            managers[bucket] = managers.pop(first[owned.api_version])
        joined = union(owned.fields, managers[bucket].fields)
        managers[bucket] = Ownership(joined, owned.api_version, owned.time)
        managers.pop(key, None)
        surplus -= 1
