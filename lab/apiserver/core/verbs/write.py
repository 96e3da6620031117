"""create, update and the four kinds of patch."""

from __future__ import annotations

import hashlib
from typing import Any

from lab.apiserver.core import writing
from lab.apiserver.core.apply.server_side import server_side_apply, shown
from lab.apiserver.core.body import media_type, parse
from lab.apiserver.core.call import Call, check_type_meta
from lab.apiserver.core.encoding import duplicate
from lab.apiserver.core.errors import ApiError, FieldError, bad_request, invalid, unsupported_media_type
from lab.apiserver.core.patch import json_patch, merge, strategic
from lab.apiserver.core.request import Response
from lab.apiserver.core.store import Entry

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_ONLY_CONDITIONAL = frozenset(
    {
        "csidrivers.storage.k8s.io",
        "csinodes.storage.k8s.io",
        "csistoragecapacities.storage.k8s.io",
        "leases.coordination.k8s.io",
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "poddisruptionbudgets.policy",
        "runtimeclasses.node.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "volumeattachments.storage.k8s.io",
    }
)
"""Kinds that a PUT has to name the version of (Kubernetes, strategies whose AllowUnconditionalUpdate is false)."""


def create(call: Call) -> Response:
    """POST of a new object."""
    obj = call.read_body()
    note_unknown_fields(call, obj)
    return call.reply(writing.create(call, obj), 201)


def note_unknown_fields(call: Call, obj: dict[str, Any]) -> None:
    """Complain of fields that the schema does not know, as the request's field validation says."""
    if call.resource.schema is not None and call.field_validation != "Ignore":
        call.complain([f'unknown field "{path}"' for path in call.resource.schema.unknown_fields(obj)])


def update(call: Call) -> Response:
    """PUT of a whole object, or of its status."""
    obj = read_replacement(call)
    entry, old = writing.current(call)
    return call.reply(writing.replace(call, obj, entry, old, subresource=call.info.subresource))


def read_replacement(call: Call) -> dict[str, Any]:
    """The body of a PUT, checked against the path."""
    obj = call.read_body()
    note_unknown_fields(call, obj)
    metadata = obj["metadata"]
    name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
    if name != call.info.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({call.info.name})"
            if name
            else f"the name of the object ({call.info.name} based on URL) was undeterminable: name must be provided"
        )
    if call.resource.namespaced:
        if namespace and namespace != call.info.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = call.info.namespace
    if (call.resource.custom or call.group_resource in _ONLY_CONDITIONAL) and not metadata.get("resourceVersion"):
        field = "metadata.resourceVersion"
        text = f"{field}: Invalid value: 0: must be specified for an update"
        raise invalid(call.resource.group, call.resource.plural, name, [FieldError("Invalid", field, text)])
    return obj


def patch(call: Call) -> Response:
    """PATCH of an object or of its status."""
    kind = check_patch_type(call)
    if kind == APPLY_PATCH:
        return apply(call)
    if call.request.params("force"):
        text = "force: Forbidden: may not be specified for non-apply patch"
        raise invalid("meta.k8s.io", "PatchOptions", "", [FieldError("Forbidden", "force", text)])
    entry, old = writing.current(call)
    new = patched(call, kind, old)
    uid = new["metadata"].get("uid")
    if uid and uid != entry.uid:
        text = f'metadata.uid: Invalid value: "{uid}": field is immutable'
        fault = FieldError("Invalid", "metadata.uid", text)
        raise invalid(call.resource.group, call.resource.kind, call.info.name, [fault, fault])
    return call.reply(writing.replace(call, new, entry, old, subresource=call.info.subresource))


def check_patch_type(call: Call) -> str:
    """The media type of the patch. Raises ApiError 415 for one that the resource does not take."""
    kind = media_type(call.request.headers.get("content-type", ""))
    accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    if not call.resource.custom:
        accepted.insert(2, STRATEGIC_PATCH)
    if kind not in accepted:
        if not call.resource.custom:
            refusal = ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type")
            refusal.generic = True
            raise refusal
        raise unsupported_media_type(accepted)
    return kind


def patched(call: Call, kind: str, old: dict[str, Any], *, typed: bool = True) -> dict[str, Any]:
    """The object that a JSON, merge or strategic merge patch makes of `old`.

    `typed` is off where `old` is not of the resource's own kind (a Scale).
    """
    try:
        document = parse(call.request.body, kind)
    except ValueError as fault:
        raise bad_request(f"error decoding patch: {fault}") from None
    before = duplicate(old)
    new: Any
    if kind == JSON_PATCH:
        new = json_patch.apply(before, document)
    elif kind == MERGE_PATCH:
        if not isinstance(document, dict):
            given = "array" if isinstance(document, list) else "string" if isinstance(document, str) else "number"
            raise bad_request(
                f"error decoding patch: json: cannot unmarshal {given} into Go value of type map[string]interface {{}}"
            )
        new = merge.apply(before, document)
    else:
        new = strategic.apply(before, document, call.resource.schema if typed else None)
    if not isinstance(new, dict) or not isinstance(new.get("metadata"), dict):
        raise bad_request("the patched object is not an object with metadata")
    _keep_type(call, new, old)
    if typed:
        _note_unknown_in_patch(call, new, document)
    return new


def _keep_type(call: Call, new: dict[str, Any], old: dict[str, Any]) -> None:
    new.setdefault("apiVersion", old["apiVersion"])
    new.setdefault("kind", old["kind"])
    check_type_meta(new, old["kind"], old["apiVersion"])
    for key in ("name", "namespace"):
        if new["metadata"].get(key) != old["metadata"].get(key):
            raise bad_request(
                f"the {key} of the object ({new['metadata'].get(key, '')}) does not match the {key} on the URL "
                f"({old['metadata'].get(key, '')})"
            )


def _note_unknown_in_patch(call: Call, new: dict[str, Any], document: Any) -> None:
    schema = call.resource.schema
    if schema is None or call.field_validation == "Ignore":
        return
    faults = [f'unknown field "{path}"' for path in schema.unknown_fields(new)]
    if faults and call.field_validation == "Strict":
        text = f"patch: Invalid value: {document!r}: strict decoding error: {', '.join(faults)}"
        raise invalid(call.resource.group, call.resource.kind, call.info.name, [FieldError("Invalid", "patch", text)])
    call.complain(faults)


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
        merged = merged_by_apply(call, None, applied)
        made = writing.create(call, merged, applied=True)
        _remember(call, made, digest)
        return call.reply(made, 201)
    entry, old = writing.current(call)
    merged = merged_by_apply(call, old, applied)
    after = writing.replace(call, merged, entry, old, applied=True, subresource=call.info.subresource)
    _remember(call, after, digest)
    return call.reply(after)


def apply_digest(call: Call) -> bytes:
    """What tells one apply request from another: body, manager, force, version, subresource."""
    facts = (call.manager, call.request.param("force"), call.resource.api_version, call.info.subresource)
    return hashlib.blake2b("\0".join(facts).encode() + b"\0" + call.request.body, digest_size=12).digest()


def _remember(call: Call, entry: Entry, digest: bytes) -> None:
    """Applying the same again to this very version changes nothing: let the next time be a look-up."""
    if not call.dry_run and not call.warnings and not call.cluster.admission and len(entry.applied) < 4:
        entry.applied = (*entry.applied, digest)


def read_applied(call: Call) -> dict[str, Any]:
    """The body of an apply, checked. Raises ApiError 400 and 422."""
    if not call.request.param("fieldManager"):
        text = "fieldManager: Required value: is required for apply patch"
        raise invalid("meta.k8s.io", "PatchOptions", "", [FieldError("Required", "fieldManager", text)])
    try:
        applied = parse(call.request.body, APPLY_PATCH)
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
