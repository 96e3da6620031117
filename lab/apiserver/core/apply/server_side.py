"""Server-side apply.

Source: Kubernetes, server-side apply: structured-merge-diff's updater (Apply, prune), conflict errors, the transition
from client-side apply by the annotation kubectl.kubernetes.io/last-applied-configuration.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from lab.apiserver.core.apply import check
from lab.apiserver.core.apply.compare import compare, field_set, with_named_fields, without
from lab.apiserver.core.apply.fieldset import Tree, difference, has, intersection, path_text, paths, union
from lab.apiserver.core.apply.managers import (
    ManagerKey,
    Managers,
    Ownership,
    conflicting,
    current_schema,
    empty_object,
    key_for,
    read,
    strip,
    take_from_others,
    track_update,
    unmanaged,
    with_managers,
)
from lab.apiserver.core.apply.merge import merge
from lab.apiserver.core.errors import ApiError, Cause, bad_request

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
BEFORE_FIRST_APPLY = "before-first-apply"


def server_side_apply(
    *,
    live: dict[str, Any] | None,
    applied: dict[str, Any],
    manager: str,
    force: bool,
    node: Node | None,
    api_version: str,
    subresource: str,
    now: str,
) -> dict[str, Any]:
    """The object after an apply, with its managed fields; a new object that shares nothing with the inputs.

    `live` is the stored object or None, `applied` the configuration, `node` its schema (None: no schema; maps are
    merged, lists replaced), `now` the time as RFC 3339. Defaults are not filled in here. An apply that changes no field
    keeps the time of its entry. Raises ApiError: 409 with one FieldManagerConflict cause per field that another manager
    holds (unless `force`), 400 for managed fields in `applied`, 500 for a configuration that the schema cannot own.
    """
    if applied.get("metadata", {}).get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    faults = check.faults(applied, node)
    if faults:
        raise ApiError(500, "", f"failed to create typed patch object ({shown(applied)}): {'; '.join(faults)}")
    if live is not None and not live.get("metadata", {}).get("managedFields"):
        live = _adopted(live, node, api_version, subresource, now)
    managers = read((live or {}).get("metadata", {}).get("managedFields"))
    if managers is None:
        raise ApiError(500, "", "failed to decode managed fields")
    key = key_for(manager, "Apply", api_version, subresource)
    applying = _Apply(live, applied, key, current_schema(managers, node), node, api_version, now)
    result = applying.run(force=force, kubectl=manager == "kubectl")
    if manager == "kubectl":
        _refresh_annotation(result, applied)
    copied: dict[str, Any] = orjson.loads(orjson.dumps(result))
    return copied


def _adopted(live: dict[str, Any], node: Node | None, api_version: str, subresource: str, now: str) -> dict[str, Any]:
    """An object that nobody owned so far: everything in it belongs to a manager of its own."""
    empty = unmanaged({key: value for key, value in live.items() if key != "metadata"} | {"metadata": {}})
    return track_update(
        live=empty_object(empty, node),
        new={**live, "metadata": {**live.get("metadata", {}), "managedFields": None}},
        manager=BEFORE_FIRST_APPLY,
        node=node,
        api_version=api_version,
        subresource=subresource,
        now=now,
    )


class _Apply:
    """One apply under way."""

    def __init__(
        self,
        live: dict[str, Any] | None,
        applied: dict[str, Any],
        key: ManagerKey,
        managers: Managers,
        node: Node | None,
        api_version: str,
        now: str,
    ) -> None:
        self.live = live
        self.applied = applied
        self.key = key
        self.managers = managers
        self.node = node
        self.api_version = api_version
        self.now = now
        self.last = managers.get(key)
        self.before = unmanaged(live) if live is not None else empty_object(applied, node)

    def run(self, *, force: bool, kubectl: bool) -> dict[str, Any]:
        """The object with its new managers. Raises ApiError 409."""
        merged = merge(self.before, self.applied, self.node)
        fields = field_set(self.applied, self.node)
        time = self.last.time if self.last else None
        self.managers[self.key] = Ownership(fields, self.api_version, time)
        merged = self._pruned(merged, fields)
        changed = merged != self.before
        if changed:
            changes = compare(self.before, merged, self.node)
            conflicts = conflicting(self.managers, changes, self.key)
            if conflicts and not force:
                self._refuse(conflicts, kubectl=kubectl)
            take_from_others(self.managers, changes, self.key)
        strip(self.managers, self.key)
        if (changed or self.live is None) and self.key in self.managers:
            self.managers[self.key] = replace(self.managers[self.key], time=self.now)
        result = with_managers(merged, self.managers)
        for member in [key for key, value in result["metadata"].items() if value is None]:
            # A container of which nothing is left; it counted as present up to here.
            del result["metadata"][member]
        return result

    def _pruned(self, merged: dict[str, Any], fields: Tree) -> dict[str, Any]:
        """Remove what this manager applied last time, does not apply now, and nobody else holds."""
        node = self.node
        if self.last is None or not self.last.fields:
            return merged
        last = with_named_fields(self.last.fields, node)
        if not difference(last, with_named_fields(fields, node)):
            # Everything that was applied is applied again: nothing can fall away.
            return merged
        managed: Tree = {}
        for owned in self.managers.values():
            managed = union(managed, owned.fields)
        everything = with_named_fields(field_set(merged, node), node)
        pruned = without(merged, last, node) or {}
        kept = union(
            with_named_fields(field_set(pruned, node), node),
            with_named_fields(managed, node),
        )
        pruned = without(merged, difference(everything, kept), node) or {}
        rest = with_named_fields(field_set(pruned, node), node)
        result: dict[str, Any] = without(merged, intersection(difference(everything, rest), last), node) or {}
        return result

    def _refuse(self, conflicts: dict[ManagerKey, Tree], *, kubectl: bool) -> None:
        """Raise the 409, unless all conflicts stem from kubectl's own client-side apply."""
        found = [(key, path) for key in sorted(conflicts, key=ManagerKey.identifier) for path in paths(conflicts[key])]
        allowed = self._own_by_annotation() if kubectl else None
        if allowed is not None:
            found = [(key, path) for key, path in found if not has(allowed, path)]
            if not found:
                return
        raise _conflict_error(found)

    def _own_by_annotation(self) -> Tree | None:
        """The fields that the last-applied annotation of client-side apply shows as unchanged since."""
        text = (self.before.get("metadata", {}).get("annotations") or {}).get(LAST_APPLIED)
        try:
            last = orjson.loads(text or "")
        except orjson.JSONDecodeError:
            return None
        if not isinstance(last, dict) or last.get("apiVersion") != self.api_version:
            return None
        changes = compare(last, self.before, self.node)
        fields = field_set(last, self.node)
        for part in changes:
            fields = difference(fields, part)
        return fields


def _refresh_annotation(result: dict[str, Any], applied: dict[str, Any]) -> None:
    """Keep the annotation of client-side apply in step, where the object has one."""
    annotations = result.get("metadata", {}).get("annotations") or {}
    if not annotations.get(LAST_APPLIED):
        return
    own = dict(applied)
    if "annotations" in own.get("metadata", {}):
        rest = {key: value for key, value in (own["metadata"]["annotations"] or {}).items() if key != LAST_APPLIED}
        own["metadata"] = {**own["metadata"], "annotations": rest}
    text = orjson.dumps(own, option=orjson.OPT_SORT_KEYS).decode() + "\n"
    result["metadata"]["annotations"] = {**annotations, LAST_APPLIED: text}


def shown(obj: dict[str, Any]) -> str:
    """How errors name an applied object: namespace and name as sent, then group, version and kind."""
    metadata = obj.get("metadata", {})
    name = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    group, _, version = obj.get("apiVersion", "").rpartition("/")
    return f"{name}; {group}/{version}, Kind={obj.get('kind', '')}"


def _manager_text(key: ManagerKey) -> str:
    text = orjson.dumps(key.manager).decode()
    if key.subresource:
        text += f' with subresource "{key.subresource}"'
    return f"{text} using {key.api_version}" if key.operation == "Update" else text


def _conflict_error(found: list[tuple[ManagerKey, tuple[str, ...]]]) -> ApiError:
    causes = [
        Cause("FieldManagerConflict", f"conflict with {_manager_text(key)}", path_text(path)) for key, path in found
    ]
    if len(found) == 1:
        listed = f"1 conflict: {causes[0].message}: {causes[0].field}"
    else:
        lines = []
        for key in dict.fromkeys(key for key, _ in found):
            lines.append(f"conflicts with {_manager_text(key)}:")
            lines += [f"- {path_text(path)}" for owner, path in found if owner == key]
        listed = f"{len(found)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", f"Apply failed with {listed}", causes=causes)
