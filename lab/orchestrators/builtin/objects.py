"""Package revisions as the API shows them: PackageRevision and PackageRevisionResources.

Source: Porch, porch.kpt.dev/v1alpha1 types, their tables and field selectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.apiserver.core.resource import Column, Resource, Subresource
from lab.kit.clock import timestamp
from lab.orchestrators.builtin.names import revision_uid
from lab.orchestrators.builtin.overrides import CODE, CONDITION
from lab.orchestrators.builtin.revision import Revision
from lab.orchestrators.builtin.schemas import package_revision_schema, resources_schema

GROUP, VERSION = "porch.kpt.dev", "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
LATEST_LABEL = "kpt.dev/latest-revision"
Object = dict[str, Any]

_COMMON = (
    Column("Name", "string", ".metadata.name"),
    Column("Package", "string", ".spec.packageName"),
    Column("WorkspaceName", "string", ".spec.workspaceName"),
    Column("Revision", "integer", ".spec.revision"),
)

PACKAGE_REVISIONS = Resource(
    group=GROUP,
    version=VERSION,
    plural="packagerevisions",
    singular="packagerevision",
    kind="PackageRevision",
    namespaced=True,
    subresources=(Subresource("approval", GROUP, VERSION, "PackageRevision", ("get", "patch", "update")),),
    columns=(
        *_COMMON,
        Column("Latest", "boolean", ".status.latest"),
        Column("Lifecycle", "string", ".spec.lifecycle"),
        Column("Repository", "string", ".spec.repository"),
    ),
    selectable_fields=(
        "spec.revision",
        "spec.packageName",
        "spec.repository",
        "spec.workspaceName",
        "spec.lifecycle",
    ),
    schema=package_revision_schema(),
)

PACKAGE_REVISION_RESOURCES = Resource(
    group=GROUP,
    version=VERSION,
    plural="packagerevisionresources",
    singular="packagerevisionresources",
    kind="PackageRevisionResources",
    namespaced=True,
    verbs=("get", "list", "patch", "update", "watch"),
    columns=(
        *_COMMON,
        Column("Repository", "string", ".spec.repository"),
        Column("Files", "integer", ".status.files"),
    ),
    selectable_fields=("spec.revision", "spec.packageName", "spec.repository", "spec.workspaceName"),
    schema=resources_schema(),
)


def package_revision(revision: Revision, *, latest: bool, repository_url: str) -> Object:
    """The PackageRevision; `latest` is whether it carries the label that the server owns."""
    spec: Object = {
        "packageName": revision.package,
        "repository": revision.repository,
        "workspaceName": revision.workspace,
        "revision": revision.number,
        "lifecycle": revision.lifecycle.value,
        "tasks": [dict(revision.task)] if revision.task else [],
    }
    kptfile = revision.kptfile
    if kptfile.gates:
        spec["readinessGates"] = [{"conditionType": gate} for gate in kptfile.gates]
    mirrored = {"labels": dict(kptfile.labels), "annotations": dict(kptfile.annotations)}
    if any(mirrored.values()):
        spec["packageMetadata"] = {key: value for key, value in mirrored.items() if value}
    return {
        "apiVersion": API_VERSION,
        "kind": "PackageRevision",
        "metadata": _metadata(revision, latest=latest),
        "spec": spec,
        "status": _status(revision, latest, repository_url),
    }


def resources_object(
    revision: Revision, files: Mapping[str, str], *, render_status: Mapping[str, Any] | None = None
) -> Object:
    """The PackageRevisionResources: every file of the package by path, and how the last render went."""
    return {
        "apiVersion": API_VERSION,
        "kind": "PackageRevisionResources",
        "metadata": _metadata(revision, latest=False),
        "spec": {
            "packageName": revision.package,
            "repository": revision.repository,
            "workspaceName": revision.workspace,
            "revision": revision.number,
            "resources": dict(files),
        },
        "status": {"files": len(files), "renderStatus": dict(render_status or {})},
    }


def _metadata(revision: Revision, *, latest: bool) -> Object:
    kept = revision.metadata
    labels = {key: value for key, value in kept.labels.items() if key != LATEST_LABEL}
    if latest:
        labels[LATEST_LABEL] = "true"
    metadata: Object = {
        "name": revision.name,
        "namespace": revision.namespace,
        "uid": revision_uid(revision.namespace, revision.name),
        "creationTimestamp": timestamp(revision.created_at),
    }
    optional: Object = {
        "labels": labels,
        "annotations": dict(kept.annotations),
        "ownerReferences": [dict(owner) for owner in kept.owners],
        "finalizers": list(kept.finalizers),
    }
    if kept.deleted:
        metadata["deletionTimestamp"] = kept.deleted
        metadata["deletionGracePeriodSeconds"] = 0
    return metadata | {key: value for key, value in optional.items() if value}


def _status(revision: Revision, latest: bool, repository_url: str) -> Object:
    status: Object = {"deployment": revision.deployment, "latest": latest}
    if revision.kptfile.upstream_lock:
        status["upstreamLock"] = dict(revision.kptfile.upstream_lock)
    status["selfLock"] = {
        "type": "git",
        "git": {
            "repo": repository_url,
            "directory": revision.path,
            "ref": revision.short_ref,
            "commit": revision.commit,
        },
    }
    if revision.published_by:
        status["publishedBy"] = revision.published_by
    if revision.published_at is not None:
        status["publishTimestamp"] = timestamp(revision.published_at)
    conditions = [dict(condition) for condition in revision.kptfile.conditions]
    if revision.setters.overridden:
        text = "; ".join(lost.sentence for lost in revision.setters.overridden)
        conditions.append({"type": CONDITION, "status": "True", "reason": CODE, "message": text})
    if conditions:
        status["conditions"] = conditions
    return status
