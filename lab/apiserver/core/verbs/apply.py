"""Server-side apply as a request: in full, or by what is remembered of the same request before."""

from __future__ import annotations

import hashlib
from typing import Any

from lab.apiserver.core import writing
from lab.apiserver.core.apply import reannotation
from lab.apiserver.core.apply.server_side import server_side_apply, shown
from lab.apiserver.core.body import parse
from lab.apiserver.core.call import Call
from lab.apiserver.core.errors import ApiError, FieldError, bad_request, invalid
from lab.apiserver.core.request import Response
from lab.apiserver.core.store import Entry
from lab.apiserver.core.validating.metadata import annotation_faults

MEDIA_TYPE = "application/apply-patch+yaml"


def apply(call: Call) -> Response:
    """Server-side apply: creates the object where it is missing."""
    digest = apply_digest(call)
    entry = call.cluster.get(call.group_resource, call.key)
    if entry is not None and digest in entry.applied:
        return call.reply(entry)
    applied = read_applied(call)
    if entry is None:
        if call.info.subresource:
            writing.current(call)
        shape = _shape(call, applied)
        merged = merged_by_apply(call, None, applied)
        made = writing.create(call, merged, applied=True)
        _remember(call, made, digest, shape)
        return call.reply(made, 201)
    shape = _shape(call, applied)
    after = _apply_over(call, entry, applied, shape)
    _remember(call, after, digest, shape)
    return call.reply(after)


def _shape(call: Call, applied: dict[str, Any]) -> bytes | None:
    """The digest of an apply without the values of annotations; None where those alone cannot decide."""
    if call.info.subresource or call.manager == "kubectl":
        return None
    return reannotation.shape(applied, "\0".join((call.manager, call.request.param("force"))))


def _apply_over(call: Call, entry: Entry, applied: dict[str, Any], shape: bytes | None) -> Entry:
    """Apply to a present object: by its annotations alone where all else is known to stay, or in full."""
    entry, old = writing.current(call)
    if shape in entry.applied and not call.cluster.admission:
        new = reannotation.reannotated(old, applied, call.manager, call.cluster.now())
        if new is not None:
            return _reannotate(call, new, entry, old)
    merged = merged_by_apply(call, old, applied)
    return writing.replace(call, merged, entry, old, applied=True, subresource=call.info.subresource)


def _reannotate(call: Call, new: dict[str, Any], entry: Entry, old: dict[str, Any]) -> Entry:
    """Store an object of which only values of annotations differ; returns the entry that holds now."""
    resource, metadata = call.resource, new["metadata"]
    if metadata["annotations"] == old["metadata"].get("annotations"):
        return entry
    new = call.admit("UPDATE", new, old) or new
    writing.refuse(resource, new, annotation_faults(metadata["annotations"], "metadata.annotations"))
    if call.dry_run:
        return writing.unsaved(new)
    return call.cluster.put(call.group_resource, (metadata.get("namespace", ""), metadata["name"]), new)


def apply_digest(call: Call) -> bytes:
    """What tells one apply request from another: body, manager, force, version, subresource."""
    facts = (call.manager, call.request.param("force"), call.resource.api_version, call.info.subresource)
    return hashlib.blake2b("\0".join(facts).encode() + b"\0" + call.request.body, digest_size=12).digest()


def _remember(call: Call, entry: Entry, digest: bytes, shape: bytes | None) -> None:
    """Applying the same again to this very version changes nothing: let the next time be a look-up."""
    if call.dry_run or call.warnings or call.cluster.admission or call.info.subresource or len(entry.applied) >= 6:
        return
    entry.applied = (*entry.applied, digest, *([shape] if shape is not None and shape not in entry.applied else ()))


def read_applied(call: Call) -> dict[str, Any]:
    """The body of an apply, checked. Raises ApiError 400 and 422."""
    if not call.request.param("fieldManager"):
        text = "fieldManager: Required value: is required for apply patch"
        raise invalid("meta.k8s.io", "PatchOptions", "", [FieldError("Required", "fieldManager", text)])
    try:
        applied = parse(call.request.body, MEDIA_TYPE)
    except ValueError as fault:
        raise bad_request(f"error decoding YAML: {fault}") from None
    if not isinstance(applied, dict):
        raise bad_request("error decoding YAML: the body is not an object")
    given = (str(applied.get("apiVersion") or ""), str(applied.get("kind") or ""))
    if given != (call.resource.api_version, call.resource.kind):
        group, _, version = given[0].rpartition("/")
        raise bad_request(f"invalid object type: {group}/{version}, Kind={given[1]}")
    metadata = applied.setdefault("metadata", {})
    if metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    if metadata.setdefault("name", call.info.name) != call.info.name:
        raise bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({call.info.name})"
        )
    if call.resource.namespaced and metadata.get("namespace", call.info.namespace) != call.info.namespace:
        raise bad_request(
            f"the namespace of the object ({metadata['namespace']}) does not match the namespace on the request "
            f"({call.info.namespace})"
        )
    _check_applied_fields(call, applied)
    return applied


def _check_applied_fields(call: Call, applied: dict[str, Any]) -> None:
    schema = call.resource.schema
    if schema is None:
        return
    unknown = schema.unknown_fields(applied)
    if unknown and (not call.resource.custom or call.field_validation == "Strict"):
        raise ApiError(
            500,
            "",
            f"failed to create typed patch object ({shown(applied)}): "
            + "; ".join(f".{path}: field not declared in schema" for path in unknown),
        )
    call.complain([f'unknown field "{path}"' for path in unknown])


def merged_by_apply(call: Call, live: dict[str, Any] | None, applied: dict[str, Any]) -> dict[str, Any]:
    """The object after an apply, managed fields included. Raises ApiError 409 on conflict."""
    if call.info.subresource == "status":
        kept = ("apiVersion", "kind", "metadata", "status")
        applied = {key: applied[key] for key in kept if key in applied}
    elif call.resource.subresource("status") is not None:
        applied = {key: value for key, value in applied.items() if key != "status"}
    if live is None:
        # An apply that creates has no version to hold against anything.
        unversioned = {key: value for key, value in applied["metadata"].items() if key != "resourceVersion"}
        applied = {**applied, "metadata": unversioned}
    elif (uid := applied["metadata"].get("uid")) and uid != live["metadata"]["uid"]:
        text = f'metadata.uid: Invalid value: "{uid}": field is immutable'
        fault = FieldError("Invalid", "metadata.uid", text)
        raise invalid(call.resource.group, call.resource.kind, call.info.name, [fault, fault])
    merged = server_side_apply(
        live=live,
        applied=applied,
        manager=call.manager,
        force=call.request.flag("force"),
        node=call.resource.schema,
        api_version=call.resource.api_version,
        subresource=call.info.subresource,
        now=call.cluster.now(),
    )
    if call.resource.namespaced:
        merged["metadata"].setdefault("namespace", call.info.namespace)
    return merged
