"""Writes to virtual resources: read the projection, ask the backend, show what it made of it."""

from __future__ import annotations

from typing import Any

from lab.apiserver.core import meta, writing
from lab.apiserver.core.call import Call
from lab.apiserver.core.errors import already_exists, not_found
from lab.apiserver.core.request import Response
from lab.apiserver.core.store import Entry
from lab.apiserver.core.verbs import apply, write
from lab.apiserver.core.verbs import delete as deleting
from lab.apiserver.core.verbs.read import select
from lab.apiserver.core.virtual import Projection


async def create(call: Call, projection: Projection) -> Response:
    """POST: the backend makes the object."""
    obj = call.read_body()
    write.note_unknown_fields(call, obj)
    return call.reply(await _create(call, projection, obj), 201)


async def _create(call: Call, projection: Projection, obj: dict[str, Any]) -> Entry:
    resource, metadata = call.resource, obj["metadata"]
    if resource.namespaced:
        metadata.setdefault("namespace", call.info.namespace)
    writing.check_namespace(call, metadata.get("name") or "")
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = meta.generate_name(metadata["generateName"])
    _complete(call, obj)
    obj = call.admit("CREATE", obj, None, metadata.get("name") or "") or obj
    key = (call.info.namespace if resource.namespaced else "", obj["metadata"].get("name") or "")
    async with projection.writing(key):
        if key[1] and call.cluster.get(call.group_resource, key) is not None:
            raise already_exists(call.group_resource, key[1])
        return _show(call, projection, await projection.backend.create(obj, call.user, call.dry_run))


def _complete(call: Call, obj: dict[str, Any]) -> None:
    schema = call.resource.schema
    if schema is not None:
        schema.prune(obj)
        schema.apply_defaults(obj)
        writing.refuse(call.resource, obj, schema.validate(obj))


def _show(call: Call, projection: Projection, obj: dict[str, Any]) -> Entry:
    obj.setdefault("apiVersion", call.resource.api_version)
    obj.setdefault("kind", call.resource.kind)
    return writing.unsaved(obj) if call.dry_run else projection.put(obj)


async def update(call: Call, projection: Projection) -> Response:
    """PUT of the object or of a subresource."""
    obj = write.read_replacement(call)
    async with projection.writing(call.key):
        entry, old = writing.current(call)
        return call.reply(await _update(call, projection, obj, entry, old))


async def _update(call: Call, projection: Projection, new: dict[str, Any], entry: Entry, old: dict[str, Any]) -> Entry:
    writing.check_preconditions(call, new, entry)
    meta.carry_over(new, old)
    _complete(call, new)
    new = call.admit("UPDATE", new, old) or new
    if writing.unchanged(new, old):
        return entry
    made = await projection.backend.update(new, old, call.info.subresource, call.user, call.dry_run)
    if call.cluster.get(call.group_resource, call.key) is None:
        return writing.unsaved(made)
    return _show(call, projection, made)


async def patch(call: Call, projection: Projection) -> Response:
    """PATCH: the patch is applied to the projection, the backend gets the outcome."""
    kind = write.check_patch_type(call)
    async with projection.writing(call.key):
        if kind == write.APPLY_PATCH and call.cluster.get(call.group_resource, call.key) is None:
            if call.info.subresource:
                raise not_found(call.group_resource, call.info.name)
            missing = apply.merged_by_apply(call, None, apply.read_applied(call))
        else:
            missing = None
            entry, old = writing.current(call)
            if kind == write.APPLY_PATCH:
                new = apply.merged_by_apply(call, old, apply.read_applied(call))
            else:
                new = write.patched(call, kind, old)
            return call.reply(await _update(call, projection, new, entry, old))
    assert missing is not None
    return call.reply(await _create(call, projection, missing), 201)


async def delete(call: Call, projection: Projection) -> Response:
    """DELETE: the object leaves the projection unless the backend shows a state of its own meanwhile."""
    options = deleting.read_options(call)
    call.dry_run = options.dry_run
    async with projection.writing(call.key):
        entry, obj = writing.current(call)
        deleting.check(call, options, entry)
        call.admit("DELETE", None, obj)
        await projection.backend.delete(obj, call.user, options.dry_run)
        now = call.cluster.get(call.group_resource, call.key)
        if options.dry_run or now is None:
            return deleting.success(call, entry.uid)
        if now is entry:
            projection.remove(*call.key)
            return deleting.success(call, entry.uid)
        return call.reply(now)


async def delete_collection(call: Call, projection: Projection) -> Response:
    """DELETE of what the selectors mean, one after the other."""
    options = deleting.read_options(call)
    namespace = call.info.namespace if call.resource.namespaced else ""
    chosen = select(call, call.cluster.table(call.group_resource).items(namespace))
    for key, _ in chosen:
        async with projection.writing(key):
            entry = call.cluster.get(call.group_resource, key)
            if entry is None:
                continue
            await projection.backend.delete(entry.object(), call.user, options.dry_run)
            if not options.dry_run and call.cluster.get(call.group_resource, key) is entry:
                projection.remove(*key)
    rendering = call.rendering()
    body = rendering.list([entry for _, entry in chosen], {"resourceVersion": str(call.cluster.rev)})
    return Response(200, body, rendering.content_type, warnings=tuple(call.warnings))
