"""How an object becomes stored: one path for every create and one for every change, each a single step.

Order as in Kubernetes: prune and default, managed fields, the strategy of the kind, admission, validation, store.
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core import crd, meta, strategy
from lab.apiserver.core.apply.managers import track_update
from lab.apiserver.core.apply.reannotation import beside_status
from lab.apiserver.core.call import Call
from lab.apiserver.core.cel import validate_rules
from lab.apiserver.core.data import struct_for
from lab.apiserver.core.defaults import apply_builtin_defaults
from lab.apiserver.core.encoding import encode_object
from lab.apiserver.core.errors import (
    ApiError,
    Cause,
    FieldError,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid,
    not_found,
    precondition_failed,
)
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.store import Entry, Key
from lab.apiserver.core.validation import validate_builtin

_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
_BLOCKING = frozenset({"NotSupported", "Required", "TooLong", "TooMany", "TypeInvalid"})
"""Faults that make rules meaningless (apiextensions-apiserver, hasBlockingErr)."""
_RULES_SKIPPED = (
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)


def create(call: Call, obj: dict[str, Any], *, applied: bool = False) -> Entry:
    """Store a new object; returns its entry (one that is stored nowhere on a dry run).

    `applied` says that managed fields are already those of an apply.
    """
    cluster, resource = call.cluster, call.resource
    prepared = prepare_new(call, obj, applied=applied)
    key = (call.info.namespace_in_path if resource.namespaced else "", prepared["metadata"]["name"])
    if cluster.get(resource.group_resource, key) is not None:
        raise already_exists(resource.group_resource, key[1])
    if call.dry_run:
        return unsaved(prepared)
    return cluster.put(resource.group_resource, key, prepared)


def prepare_new(call: Call, obj: dict[str, Any], *, applied: bool = False) -> dict[str, Any]:
    """Everything that happens to a new object before it is stored."""
    cluster, resource = call.cluster, call.resource
    if resource.group_resource in cluster.registry.ending:
        text = "create not allowed while custom resource definition is terminating"
        raise ApiError(405, "MethodNotAllowed", text)
    _check_new(call, obj)
    check_namespace(call, obj["metadata"].get("name") or "")
    now = cluster.now()
    complete(resource, obj)
    strategy.isolate_status(resource, obj, None)
    if not applied:
        obj = track_update(
            live=None,
            new=obj,
            manager=call.manager,
            node=resource.schema,
            api_version=resource.api_version,
            subresource="",
            now=now,
        )
    meta.begin(resource, obj, now)
    strategy.prepare_create(cluster, resource, obj)
    obj = call.admit("CREATE", obj, None, obj["metadata"].get("name", "")) or obj
    refuse(resource, obj, validate(resource, obj, None))
    return obj


def _check_new(call: Call, obj: dict[str, Any]) -> None:
    metadata = obj["metadata"]
    if metadata.get("resourceVersion"):
        raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
    namespace = call.info.namespace_in_path
    if call.resource.namespaced:
        if metadata.get("namespace") and metadata["namespace"] != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = namespace
    else:
        metadata.pop("namespace", None)


def check_namespace(call: Call, name: str) -> None:
    """404 where the namespace of a new object is missing, 403 where it is going away."""
    if not call.resource.namespaced:
        return
    namespace = call.info.namespace
    entry = call.cluster.get("namespaces", ("", namespace))
    if entry is None:
        raise not_found("namespaces", namespace)
    if b'"deletionTimestamp"' in entry.raw and entry.object()["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        error = forbidden(call.group_resource, name, why)
        error.causes = (
            Cause("NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace"),
        )
        raise error


def _has_go_type(resource: Resource) -> bool:
    """True where defaulting rebuilds the object from its Go type, which prunes it and checks every type."""
    return not resource.custom and struct_for(resource.group, resource.version, resource.kind) is not None


def complete(resource: Resource, obj: dict[str, Any]) -> None:
    """Prune what the schema does not know and fill in defaults, in place."""
    if resource.schema is not None and not _has_go_type(resource):
        resource.schema.prune(obj)
        if resource.custom:
            resource.schema.apply_defaults(obj)
    if not resource.custom:
        strategy.canonicalize(resource, obj)
        apply_builtin_defaults(resource, obj)


def replace(
    call: Call,
    new: dict[str, Any],
    entry: Entry,
    old: dict[str, Any],
    *,
    applied: bool = False,
    subresource: str = "",
) -> Entry:
    """Store a changed object over `entry`; returns the entry that holds now, the old one where nothing changed.

    `new` is the whole object as the client wants it; `old` the parsed entry in the requested version.
    """
    resource, cluster = call.resource, call.cluster
    check_preconditions(call, new, entry)
    prepared = prepare_changed(call, new, old, applied=applied, subresource=subresource)
    if unchanged(prepared, old):
        return entry
    key: Key = (old["metadata"].get("namespace", ""), old["metadata"]["name"])
    if call.dry_run:
        return unsaved(prepared)
    if may_vanish(resource, prepared):
        # The reply still shows the version before the end; only watches see that of the deletion.
        last = unsaved(prepared)
        cluster.remove(resource.group_resource, key, prepared)
        return last
    after = cluster.put(resource.group_resource, key, prepared)
    if subresource == "status" and beside_status(prepared) == beside_status(old):
        after.applied = entry.applied
    return after


def prepare_changed(
    call: Call, new: dict[str, Any], old: dict[str, Any], *, applied: bool = False, subresource: str = ""
) -> dict[str, Any]:
    """Everything that happens to a changed object before it is stored."""
    resource = call.resource
    resets = not applied and new["metadata"].get("managedFields") == []
    complete(resource, new)
    if resets:
        # Completing drops empty lists, but this one means that nobody shall own anything.
        new["metadata"]["managedFields"] = []
    if subresource == "status":
        new = {**old, "metadata": _status_metadata(new, old), "status": new.get("status")}
        if new["status"] is None:
            del new["status"]
    elif not subresource:
        strategy.isolate_status(resource, new, old)
    meta.carry_over(new, old)
    if not applied:
        new = track_update(
            live=old,
            new=new,
            manager=call.manager,
            node=resource.schema,
            api_version=resource.api_version,
            subresource=subresource,
            now=call.cluster.now(),
        )
    if subresource not in ("finalize", "status"):
        strategy.prepare_update(resource, new, old)
    meta.raise_generation(resource, new, old)
    new = call.admit("UPDATE", new, old) or new
    faults = meta.finalizer_errors(new, old) + validate(resource, new, old)
    refuse(resource, new, faults)
    return new


def _status_metadata(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    metadata = dict(old["metadata"])
    if "managedFields" in new["metadata"]:
        metadata["managedFields"] = new["metadata"]["managedFields"]
    return metadata


def check_preconditions(call: Call, new: dict[str, Any], entry: Entry) -> None:
    """409 where the sent uid or resourceVersion is not that of the stored object."""
    metadata = new["metadata"]
    name = metadata.get("name") or call.info.name
    uid = metadata.get("uid")
    if uid and uid != entry.uid:
        where = f"{call.info.namespace}/{name}" if call.resource.namespaced else name
        raise precondition_failed(call.group_resource, where, "UID", uid, entry.uid)
    version = metadata.get("resourceVersion")
    if version and version != "0":
        if not str(version).isdigit():
            raise ApiError(500, "", f'strconv.ParseUint: parsing "{version}": invalid syntax')
        if int(version) != entry.rv:
            raise conflict(call.group_resource, name, _MODIFIED)


def unchanged(new: dict[str, Any], old: dict[str, Any]) -> bool:
    """True if nothing but times of managed fields differs: such a write keeps the resourceVersion."""
    if any(new.get(key) != old.get(key) for key in (new.keys() | old.keys()) - {"metadata"}):
        return False
    after, before = new["metadata"], old["metadata"]
    ignored = {"managedFields", "resourceVersion"}
    if any(after.get(key) != before.get(key) for key in (after.keys() | before.keys()) - ignored):
        return False
    return _timeless(after.get("managedFields")) == _timeless(before.get("managedFields"))


def _timeless(entries: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [{key: value for key, value in entry.items() if key != "time"} for entry in entries or []]


def may_vanish(resource: Resource, obj: dict[str, Any]) -> bool:
    """True if an object that is being deleted has nothing left that holds it."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    if resource.group_resource == "namespaces":
        return not (obj.get("spec") or {}).get("finalizers")
    return not metadata.get("deletionGracePeriodSeconds")


def validate(resource: Resource, obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Every fault of an object that is about to be stored. Raises ApiError 400 for a built-in kind's wrong types."""
    if not resource.custom:
        if resource.schema is not None and not _has_go_type(resource):
            _check_types(resource, obj)
        faults = validate_builtin(resource, obj, old)
        if resource.group_resource == crd.GROUP_RESOURCE:
            faults += crd.validate_definition(obj, old)
        return faults
    faults = validate_builtin(resource, obj, old)
    if resource.schema is None:
        return faults
    schema_faults = resource.schema.validate(obj) if old is None else resource.schema.validate_changes(obj, old)
    if schema_faults and old is not None:
        # Ratcheting: what was stored under an earlier schema may stay as it is.
        schema_faults = [fault for fault in schema_faults if fault not in resource.schema.validate(old)]
    if not resource.cel:
        return faults + schema_faults
    faults += schema_faults
    if any(fault.kind in _BLOCKING for fault in schema_faults):
        return [*faults, FieldError("Invalid", "<nil>", _RULES_SKIPPED)]
    return faults + validate_rules(resource.schema, obj, old)


def _check_types(resource: Resource, obj: dict[str, Any]) -> None:
    assert resource.schema is not None
    for fault in resource.schema.validate(obj):
        if fault.kind == "TypeInvalid":
            wrong = fault.message.removeprefix(f"{fault.field}: ")
            raise bad_request(
                f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: json: cannot '
                f"unmarshal into Go struct field {resource.kind}.{fault.field}: {wrong}"
            )


def refuse(resource: Resource, obj: dict[str, Any], faults: list[FieldError]) -> None:
    """Raise ApiError 422 if there are faults."""
    if faults:
        # Events of both groups are one kind inside, which is the core group's.
        group = "" if resource.group == "events.k8s.io" else resource.group
        raise invalid(group, resource.kind, obj["metadata"].get("name") or "", faults)


def unsaved(obj: dict[str, Any]) -> Entry:
    """An entry for a reply only, as on a dry run."""
    return Entry(encode_object(obj), 0, obj["metadata"].get("uid", ""), {}, ())


def current(call: Call) -> tuple[Entry, dict[str, Any]]:
    """The object that the path names: its entry, and its content in the requested version. Raises ApiError 404."""
    entry = call.cluster.get(call.group_resource, call.key)
    if entry is None:
        raise not_found(call.group_resource, call.info.name)
    obj = entry.object()
    obj["apiVersion"] = call.resource.api_version
    return entry, obj
