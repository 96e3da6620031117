"""The fields of PackageRevision and PackageRevisionResources, so that clients can explain them and mistypings are told.

Source: Porch, porch.kpt.dev/v1alpha1 types. Types only: what a value may be is judged where the request is served.
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core.schema import Node, structural_node

Schema = dict[str, Any]


def package_revision_schema() -> Node:
    """The schema of PackageRevision."""
    return structural_node(_kind("A revision of a package in a registered repository.", _SPEC, _STATUS))


def resources_schema() -> Node:
    """The schema of PackageRevisionResources."""
    return structural_node(_kind("The files of a package revision.", _RESOURCES_SPEC, _RESOURCES_STATUS))


def _text(description: str = "") -> Schema:
    return {"type": "string", "description": description} if description else {"type": "string"}


def _object(about: str = "", /, **fields: Schema) -> Schema:
    schema: Schema = {"type": "object", "properties": fields}
    return schema | {"description": about} if about else schema


def _list(item: Schema, description: str = "") -> Schema:
    schema: Schema = {"type": "array", "items": item}
    return schema | {"description": description} if description else schema


def _texts(description: str = "") -> Schema:
    return {"type": "object", "additionalProperties": _text(), "description": description}


def _named(description: str) -> Schema:
    return _object(description, name=_text("Name of a PackageRevision in the same namespace."))


def _kind(description: str, spec: Schema, status: Schema) -> Schema:
    meta = {"apiVersion": _text(), "kind": _text(), "metadata": {"type": "object"}}
    return {"type": "object", "description": description, "properties": {**meta, "spec": spec, "status": status}}


_ANYTHING: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_NUMBER: Schema = {"type": "integer", "format": "int64"}
_LOCK = _object(
    "A place in Git, down to the commit.",
    type=_text(),
    git=_object(repo=_text(), directory=_text(), ref=_text(), commit=_text()),
)
_CONDITION = _object(type=_text(), status=_text(), reason=_text(), message=_text())
_UPSTREAM = _object(
    "Where to clone from: a PackageRevision (upstreamRef) or a Git repository.",
    type=_text("git or oci."),
    upstreamRef=_named("A PackageRevision to clone."),
    git=_object(
        "A Git repository that need not be registered.",
        repo=_text("URL."),
        ref=_text("Branch, tag or commit."),
        directory=_text("Directory of the package."),
        secretRef=_object("Secret with the credentials.", name=_text()),
    ),
    oci=_object(image=_text()),
)
_TASK = _object(
    "What creates the revision: a type and the body of that name.",
    type=_text("init, clone, edit or upgrade."),
    init=_object(
        "A new, empty package.",
        subpackage=_text(),
        description=_text(),
        keywords=_list(_text()),
        site=_text("URL of the package's home."),
    ),
    clone=_object("A copy of another package.", upstreamRef=_UPSTREAM, strategy=_text()),
    edit=_object("The next revision of the same package.", sourceRef=_named("A published revision of it.")),
    upgrade=_object(
        "The next revision, merged with a newer upstream.",
        oldUpstreamRef=_named("The upstream that it was made from."),
        newUpstreamRef=_named("The upstream to merge."),
        localPackageRevisionRef=_named("The published revision to go on from."),
        strategy=_text("resource-merge, fast-forward, force-delete-replace or copy-merge."),
    ),
    render=_ANYTHING,
    push=_ANYTHING,
)
_IDENTITY = {
    "packageName": _text("Path of the package below the repository's directory."),
    "repository": _text("Name of the Repository."),
    "workspaceName": _text("Name of the revision, unique in its package."),
    "revision": {**_NUMBER, "description": "Number given at publication; 0 before, -1 for the branch itself."},
}
_SPEC = _object(
    "What is wanted of the revision.",
    **_IDENTITY,
    lifecycle=_text("Draft, Proposed, Published or DeletionProposed."),
    tasks=_list(_TASK, "At most one on create: what creates the revision."),
    parent=_named("Not used any more."),
    readinessGates=_list(
        _object(conditionType=_text()), "Conditions that have to be True before the revision is approved."
    ),
    packageMetadata=_object(
        "Labels and annotations of the package's Kptfile.", labels=_texts("Labels."), annotations=_texts("Annotations.")
    ),
)
_STATUS = _object(
    "What is known of the revision.",
    upstreamLock=_LOCK,
    selfLock=_LOCK,
    publishedBy=_text("Who approved it."),
    publishTimestamp=_text("When it was approved.") | {"format": "date-time"},
    deployment={"type": "boolean", "description": "Whether its Repository is a deployment repository."},
    latest={"type": "boolean", "description": "Whether it is the newest published revision of its package."},
    conditions=_list(_CONDITION, "The conditions in the package's Kptfile."),
)
_RESOURCES_SPEC = _object(
    "The files.", **_IDENTITY, resources=_texts("Text of each file by its path; an update replaces the whole map.")
)
_RESOURCES_STATUS = _object(
    "How the last render went.",
    files={**_NUMBER, "description": "How many files there are."},
    renderStatus=_object(
        "Results of the functions, and the error that stopped them.",
        error=_text(),
        result=_ANYTHING,
    ),
)
