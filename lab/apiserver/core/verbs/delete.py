"""delete and deletecollection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.apiserver.core import writing
from lab.apiserver.core.body import read
from lab.apiserver.core.call import Call
from lab.apiserver.core.deletion import request_deletion
from lab.apiserver.core.encoding import encode
from lab.apiserver.core.errors import FieldError, delete_precondition_failed, invalid
from lab.apiserver.core.request import Response
from lab.apiserver.core.store import Entry
from lab.apiserver.core.verbs.read import select

_POLICIES = ("Foreground", "Background", "Orphan")
_ORPHANING = frozenset({"jobs.batch", "replicationcontrollers"})
"""Kinds whose dependents stay unless the client says otherwise (DefaultGarbageCollectionPolicy)."""
_JOB_WARNING = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
_RETURN_OBJECT = frozenset(
    {
        "pods",
        "services",
        "serviceaccounts",
        "persistentvolumes",
        "persistentvolumeclaims",
        "podtemplates",
        "resourcequotas",
        "storageclasses.storage.k8s.io",
        "volumeattachments.storage.k8s.io",
        "csidrivers.storage.k8s.io",
        "csinodes.storage.k8s.io",
    }
)
"""Kinds whose deletion answers with the object instead of a Status (Kubernetes, store ReturnDeletedObject)."""


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How to delete. Source: Kubernetes, meta/v1 DeleteOptions."""

    policy: str = ""
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


def read_options(call: Call) -> DeleteOptions:
    """The options from body and parameters. Raises ApiError 400 and 422."""
    body: dict[str, Any] = {}
    if call.request.body.strip():
        body = read(call.request.body, call.request.headers.get("content-type", ""), "DeleteOptions")
    policy = body.get("propagationPolicy") or call.request.param("propagationPolicy")
    if policy and policy not in _POLICIES:
        text = (
            f'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "{policy}": '
            'supported values: "Foreground", "Background", "Orphan", "nil"'
        )
        fault = FieldError("NotSupported", "propagationPolicy", text.partition("invalid: ")[2])
        raise invalid("meta.k8s.io", "DeleteOptions", "", [fault])
    orphan = body.get("orphanDependents")
    if orphan is None and call.request.param("orphanDependents"):
        orphan = call.request.flag("orphanDependents")
    if policy and orphan is not None:
        text = (
            f'propagationPolicy: Invalid value: "{policy}": orphanDependents and deletionPropagation cannot be both set'
        )
        raise invalid("meta.k8s.io", "DeleteOptions", "", [FieldError("Invalid", "propagationPolicy", text)])
    if not policy and orphan is not None:
        policy = "Orphan" if orphan else "Background"
    if not policy and call.group_resource in _ORPHANING:
        policy = "Orphan"
        if call.group_resource == "jobs.batch":
            call.warnings.append(_JOB_WARNING)
    preconditions = body.get("preconditions") or {}
    dry_run = body.get("dryRun") or []
    if dry_run not in ([], ["All"]):
        text = f'dryRun: Unsupported value: {dry_run}: supported values: "All"'
        raise invalid("meta.k8s.io", "DeleteOptions", "", [FieldError("NotSupported", "dryRun", text)])
    return DeleteOptions(
        policy,
        preconditions.get("uid") or "",
        preconditions.get("resourceVersion") or "",
        bool(dry_run) or call.dry_run,
    )


def delete(call: Call) -> Response:
    """DELETE of one object."""
    options = read_options(call)
    call.dry_run = options.dry_run
    entry, obj = writing.current(call)
    check(call, options, entry)
    call.admit("DELETE", None, obj)
    final, gone = request_deletion(call.cluster, call.resource, call.key, options.policy, dry_run=options.dry_run)
    if gone and call.group_resource not in _RETURN_OBJECT:
        return success(call, entry.uid)
    final["apiVersion"] = call.resource.api_version
    return call.reply_document(final)


def check(call: Call, options: DeleteOptions, entry: Entry) -> None:
    """409 where a precondition does not hold."""
    for what, wanted, found, then in (
        ("UID", options.uid, entry.uid, "deleted and then recreated"),
        ("ResourceVersion", options.resource_version, str(entry.rv), "modified"),
    ):
        if wanted and wanted != found:
            why = (
                f"the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). "
                f"The object might have been {then}"
            )
            raise delete_precondition_failed(call.resource.group, call.resource.kind, call.info.name, why)


def success(call: Call, uid: str) -> Response:
    """The Status that tells of a deletion."""
    details = {"name": call.info.name, "group": call.resource.group, "kind": call.resource.plural, "uid": uid}
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }
    return Response(200, encode(status), warnings=tuple(call.warnings))


def delete_collection(call: Call) -> Response:
    """DELETE of everything that the selectors mean; answers with the list of it."""
    options = read_options(call)
    call.dry_run = options.dry_run
    namespace = call.info.namespace if call.resource.namespaced else ""
    chosen = select(call, call.cluster.table(call.group_resource).items(namespace))
    for key, entry in chosen:
        if call.cluster.get(call.group_resource, key) is None:
            continue
        call.admit("DELETE", None, entry.object(), key[1])
        request_deletion(call.cluster, call.resource, key, options.policy, dry_run=options.dry_run)
    rendering = call.rendering()
    metadata = {"resourceVersion": str(call.cluster.rev)}
    entries = [entry for _, entry in chosen]
    if rendering.wanted.view == "Table":
        body = rendering.finish_table(rendering.rows([entry.object() for entry in entries]), metadata)
    else:
        body = rendering.list(entries, metadata)
    return Response(200, body, rendering.content_type, warnings=tuple(call.warnings))
