"""create, update and the four kinds of patch."""

from __future__ import annotations

import json
from typing import Any

from lab.apiserver.core import writing
from lab.apiserver.core.body import media_type, parse
from lab.apiserver.core.call import Call, check_type_meta
from lab.apiserver.core.encoding import duplicate
from lab.apiserver.core.errors import ApiError, FieldError, bad_request, invalid, unsupported_media_type
from lab.apiserver.core.patch import json_patch, merge, strategic
from lab.apiserver.core.request import Response
from lab.apiserver.core.verbs import apply

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = apply.MEDIA_TYPE
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
        return apply.apply(call)
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
        whole = {**new, "metadata": {key: v for key, v in new["metadata"].items() if key != "managedFields"}}
        given = json.dumps(json.dumps(whole, separators=(",", ":")))
        text = f"patch: Invalid value: {given}: strict decoding error: {', '.join(faults)}"
        raise invalid("", "", "", [FieldError("Invalid", "patch", text)])
    call.complain(faults)
