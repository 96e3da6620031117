"""PackageRevision and its `approval` subresource, as requests to the API.

Source: Porch, registry of PackageRevisions and its strategies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lab.apiserver.core.errors import ApiError, FieldError, bad_request, forbidden, invalid
from lab.apiserver.core.identity import UserInfo
from lab.kit.clock import Clock, timestamp
from lab.orchestrators.builtin.api_faults import answered
from lab.orchestrators.builtin.creation_rules import NewRevision, task_of
from lab.orchestrators.builtin.engine import Engine, Missing
from lab.orchestrators.builtin.git_steps import Order
from lab.orchestrators.builtin.lifecycle import (
    DRAFTS_ONLY,
    Act,
    Lifecycle,
    NotAllowed,
    on_approval,
    on_create,
    on_delete,
    on_update,
)
from lab.orchestrators.builtin.objects import GROUP, LATEST_LABEL, PACKAGE_REVISIONS, Object
from lab.orchestrators.builtin.package_facts import PackageFacts, facts_in_spec, with_facts
from lab.orchestrators.builtin.revision import Key, Metadata, Revision
from lab.orchestrators.builtin.shelf_store import ShelfStore

_KIND = "PackageRevision"
_GROUP_RESOURCE = PACKAGE_REVISIONS.group_resource
_IMMUTABLE = ("packageName", "repository", "workspaceName")


class PackageRevisionBackend:
    """Writes of people and programs; reads are answered from the projection."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def create(self, obj: Object, user: UserInfo, dry_run: bool) -> Object:
        """Make a draft. The name that the client gives is ignored. Raises ApiError."""
        spec = _map(obj.get("spec"))
        if not spec.get("repository"):
            raise bad_request("spec.repositoryName is required")
        if LATEST_LABEL in _map(_map(obj.get("metadata")).get("labels")):
            raise _label_refused("", "label is managed by porch and cannot be set by users")
        package = str(spec.get("packageName") or "")
        with answered(_GROUP_RESOURCE, _KIND, package, str(spec.get("lifecycle") or "")):
            on_create(str(spec.get("lifecycle") or ""))
            facts = facts_in_spec(spec)
            new = NewRevision(
                namespace=str(obj["metadata"].get("namespace") or "default"),
                repository=str(spec["repository"]),
                package=package,
                workspace=str(spec.get("workspaceName") or ""),
                task=task_of(spec.get("tasks"), package),
                metadata=metadata_of(obj),
                gates=facts.gates,
                package_labels=facts.labels,
                package_annotations=facts.annotations,
            )
            revision = await self._engine.create(new, self._order(user), dry_run=dry_run)
        return self._shown(revision)

    async def update(self, obj: Object, old: Object, subresource: str, user: UserInfo, dry_run: bool) -> Object:
        """Edit metadata, package facts or lifecycle; approve or reject through `approval`. Raises ApiError."""
        key = _key(old)
        _check_label(obj, old)
        wanted = str(_map(obj.get("spec")).get("lifecycle") or "")
        _, revision = self._find(key)
        with answered(_GROUP_RESOURCE, _KIND, key[1], wanted):
            if subresource == "approval":
                act, change = on_approval(revision.lifecycle, wanted), None
            else:
                _check_spec(obj, old, revision)
                act = on_update(revision.lifecycle, wanted)
                change = _fact_change(obj, old) if revision.lifecycle is Lifecycle.DRAFT else None
            metadata = replace(metadata_of(obj), deleted=revision.metadata.deleted)
            if metadata.deleted and not metadata.finalizers:
                act, change = Act.DELETE, None
            made = await self._engine.act(
                key, act, self._order(user), metadata=metadata, change=change, dry_run=dry_run
            )
        return self._shown(made) if made is not None else obj

    async def delete(self, obj: Object, user: UserInfo, dry_run: bool) -> None:
        """Delete a draft, a proposal or a revision proposed for deletion; one with finalizers is only marked."""
        key = _key(obj)
        _, revision = self._find(key)
        try:
            act = on_delete(revision.lifecycle)
        except NotAllowed as error:
            raise forbidden(_GROUP_RESOURCE, key[1], str(error)) from error
        metadata = revision.metadata
        if metadata.finalizers:
            if metadata.deleted:
                return
            act, metadata = Act.KEEP, replace(metadata, deleted=timestamp(self._clock.now()))
        with answered(_GROUP_RESOURCE, _KIND, key[1]):
            await self._engine.act(key, act, self._order(user), metadata=metadata, dry_run=dry_run)

    def _order(self, user: UserInfo) -> Order:
        return Order(user.username, self._clock.now())

    def _find(self, key: Key) -> tuple[ShelfStore, Revision]:
        found = self._engine.revisions.find(*key)
        if found is None:
            with answered(_GROUP_RESOURCE, _KIND, key[1]):
                raise Missing(f'{_GROUP_RESOURCE} "{key[1]}" not found')
            raise AssertionError("unreachable")
        return found

    def _shown(self, revision: Revision) -> Object:
        shelf = self._engine.revisions.shelves[revision.namespace, revision.repository]
        others = {other.name: other for other in shelf.revisions.values()} | {revision.name: revision}
        return self._engine.revisions.object_of(shelf, revision, others)


def metadata_of(obj: Mapping[str, Any]) -> Metadata:
    """The metadata of an object that the orchestrator keeps for its owner."""
    meta = _map(obj.get("metadata"))
    labels = {str(key): str(value) for key, value in _map(meta.get("labels")).items() if key != LATEST_LABEL}
    return Metadata(
        labels,
        {str(key): str(value) for key, value in _map(meta.get("annotations")).items()},
        tuple(dict(owner) for owner in meta.get("ownerReferences") or ()),
        tuple(str(name) for name in meta.get("finalizers") or ()),
    )


def _check_label(obj: Object, old: Object) -> None:
    before = _map(_map(old.get("metadata")).get("labels")).get(LATEST_LABEL)
    after = _map(_map(obj.get("metadata")).get("labels")).get(LATEST_LABEL)
    if before != after:
        raise _label_refused(_key(old)[1], "label is managed by porch and cannot be modified by users")


def _label_refused(name: str, text: str) -> ApiError:
    path = f"metadata.labels.{LATEST_LABEL}"
    return invalid(GROUP, _KIND, name, [FieldError("Forbidden", path, f"{path}: Forbidden: {text}")])


def _check_spec(obj: Object, old: Object, revision: Revision) -> None:
    new, was = dict(_map(obj.get("spec"))), dict(_map(old.get("spec")))
    for field in _IMMUTABLE:
        if new.get(field) != was.get(field):
            fault = FieldError("Invalid", f"spec.{field}", f"spec.{field}: Invalid value: field is immutable")
            raise invalid(GROUP, _KIND, revision.name, [fault])
    new.pop("lifecycle", None)
    was.pop("lifecycle", None)
    if revision.lifecycle.published and new != was:
        fault = FieldError("Invalid", "spec", f"spec: Invalid value: {DRAFTS_ONLY}")
        raise invalid(GROUP, _KIND, revision.name, [fault])


def _fact_change(obj: Object, old: Object) -> Any:
    """What an update of a draft does to its Kptfile; None when it leaves it alone."""
    wanted: PackageFacts = facts_in_spec(_map(obj.get("spec")))
    if wanted == facts_in_spec(_map(old.get("spec"))):
        return None
    return lambda texts: with_facts(texts, wanted)


def _key(obj: Mapping[str, Any]) -> Key:
    meta = _map(obj.get("metadata"))
    return str(meta.get("namespace") or "default"), str(meta.get("name") or "")


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
