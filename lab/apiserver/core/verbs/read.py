"""get, list and watch."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from lab.apiserver.core.call import Call
from lab.apiserver.core.errors import ApiError, FieldError, bad_request, invalid, not_found, too_large_resource_version
from lab.apiserver.core.field_selectors import parse_fields
from lab.apiserver.core.label_selectors import parse_labels
from lab.apiserver.core.rendering import ROWS_AT_ONCE
from lab.apiserver.core.request import Response
from lab.apiserver.core.snapshots import Item, Token, parse_token
from lab.apiserver.core.store import Entry
from lab.apiserver.core.watching import Matcher, Watcher

SHORTEST_WATCH = 1800.0
"""Seconds after which the server ends a watch that named no limit; the longest is twice that."""


def get(call: Call) -> Response:
    """One object."""
    _reached(call)
    entry = call.cluster.get(call.group_resource, call.key)
    if entry is None:
        raise not_found(call.group_resource, call.info.name)
    return call.reply(entry)


def matcher(call: Call) -> Matcher:
    """What a list, watch or deletecollection is about. Raises ApiError 400 for selectors that cannot be read."""
    labels = parse_labels(call.request.param("labelSelector"))
    fields = parse_fields(call.request.param("fieldSelector"), call.resource)
    namespace = call.info.namespace if call.resource.namespaced else ""
    return Matcher(namespace, labels, fields)


async def list_(call: Call) -> Response:
    """Many objects, page by page where `limit` says so."""
    entries, metadata = _page(call)
    rendering = call.rendering()
    if rendering.wanted.view != "Table":
        body = rendering.list(entries, metadata)
    else:
        rendered = rendering.rows([entry.object() for entry in entries[:ROWS_AT_ONCE]])
        for start in range(ROWS_AT_ONCE, len(entries), ROWS_AT_ONCE):
            await asyncio.sleep(0)
            more = rendering.rows([entry.object() for entry in entries[start : start + ROWS_AT_ONCE]])
            rendered["rows"].extend(more["rows"])
        body = rendering.finish_table(rendered, metadata)
    return Response(200, body, rendering.content_type, warnings=tuple(call.warnings))


def _page(call: Call) -> tuple[Sequence[Entry], dict[str, Any]]:
    limit = _number(call, "limit")
    text = call.request.param("continue")
    if text:
        if call.request.param("resourceVersion") not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        return _next_page(call, parse_token(text), limit)
    if call.request.param("resourceVersion") == "0":
        # Lists from the server's cache come whole.
        limit = 0
    rev, items = _present(call)
    chosen = select(call, items)
    if not limit or len(chosen) <= limit:
        return [entry for _, entry in chosen], {"resourceVersion": str(rev)}
    number = call.cluster.snapshots.keep(rev, chosen)
    return _cut(call, chosen, number, 0, limit, rev)


def select(call: Call, items: list[Item]) -> list[Item]:
    """Those that the request's selectors mean."""
    wanted = matcher(call)
    if wanted.name is not None and call.resource.namespaced and wanted.namespace:
        items = [item for item in items if item[0] == (wanted.namespace, wanted.name)]
    return [item for item in items if wanted.matches(*item)]


def _next_page(call: Call, token: Token, limit: int) -> tuple[Sequence[Entry], dict[str, Any]]:
    if not token.snapshot:
        items = [item for item in _present(call, now=True)[1] if item[0] > token.after]
        chosen = select(call, items)
        rev = call.cluster.rev
        if not limit or len(chosen) <= limit:
            return [entry for _, entry in chosen], {"resourceVersion": str(rev)}
        return _cut(call, chosen, call.cluster.snapshots.keep(rev, chosen), 0, limit, rev)
    snapshot = call.cluster.snapshots.find(token)
    rest = len(snapshot.items) - token.offset
    return _cut(call, snapshot.items, token.snapshot, token.offset, limit or rest, snapshot.rev)


def _cut(
    call: Call, items: Sequence[Item], number: int, offset: int, limit: int, rev: int
) -> tuple[Sequence[Entry], dict[str, Any]]:
    page = items[offset : offset + limit]
    metadata: dict[str, Any] = {"resourceVersion": str(rev)}
    remaining = len(items) - offset - len(page)
    if remaining > 0:
        metadata["continue"] = Token(number, offset + limit, page[-1][0]).text()
        if not call.request.param("labelSelector") and not call.request.param("fieldSelector"):
            metadata["remainingItemCount"] = remaining
    return [entry for _, entry in page], metadata


def _number(call: Call, name: str) -> int:
    text = call.request.param(name)
    if not text:
        return 0
    try:
        return max(0, int(text))
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _revision(call: Call) -> int | None:
    text = call.request.param("resourceVersion")
    if not text:
        return None
    if not text.isdigit():
        fault = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        if call.info.verb == "watch":
            raise ApiError(500, "", fault)
        raise bad_request(f"invalid resource version: {fault}")
    return int(text)


def _reached(call: Call) -> int | None:
    revision = _revision(call)
    if revision is not None and revision > call.cluster.rev:
        raise too_large_resource_version(revision, call.cluster.rev)
    return revision


def _present(call: Call, *, now: bool = False) -> tuple[int, list[Item]]:
    """The objects of the namespace, or of all, at the revision that the request names."""
    cluster = call.cluster
    namespace = call.info.namespace if call.resource.namespaced else ""
    items = cluster.table(call.group_resource).items(namespace)
    revision = None if now else _reached(call)
    match = call.request.param("resourceVersionMatch")
    _check_match(call, match, revision)
    if match != "Exact" or revision is None or revision == cluster.rev:
        return cluster.rev, items
    if revision < cluster.ring.start:
        raise ApiError(410, "Expired", "The resourceVersion for the provided list is too old.")
    return revision, _rewind(call, dict(items), revision, namespace)


def _check_match(call: Call, match: str, revision: int | None) -> None:
    if not match:
        return
    why = ""
    if match not in ("Exact", "NotOlderThan"):
        why = f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan", ""'
    elif revision is None and not call.request.flag("watch"):
        why = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
    elif match == "Exact" and revision == 0:
        why = 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
    if why:
        raise _invalid_match(why)


def _invalid_match(why: str) -> ApiError:
    kind = "NotSupported" if why.startswith("Unsupported") else "Forbidden"
    field = "resourceVersionMatch"
    return invalid("meta.k8s.io", "ListOptions", "", [FieldError(kind, field, f"{field}: {why}")])


def _rewind(call: Call, items: dict[Any, Entry], revision: int, namespace: str) -> list[Item]:
    """The objects as they were: later changes are undone, newest first."""
    for event in reversed(call.cluster.ring.after(revision)):
        if event.group_resource != call.group_resource or (namespace and event.key[0] != namespace):
            continue
        if event.old is None:
            items.pop(event.key, None)
        else:
            items[event.key] = event.old
    return sorted(items.items())


def watch(call: Call) -> Watcher:
    """A watch of a collection or, with a name, of one object. Nothing flows before it is started."""
    revision = _revision(call)
    wanted = matcher(call)
    if call.info.name and wanted.name is None:
        named = parse_fields(f"metadata.name={call.info.name}", call.resource)
        wanted = Matcher(wanted.namespace, wanted.labels, named)
    watcher = Watcher(call.cluster, call.resource, wanted, call.rendering())
    watcher.bookmarks = call.request.flag("allowWatchBookmarks")
    watcher.warnings = tuple(call.warnings)
    if call.request.flag("sendInitialEvents"):
        _check_initial(call, revision)
        watcher.initial_events_end = watcher.bookmarks
    elif call.request.param("resourceVersionMatch"):
        raise _invalid_match(
            "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        )
    elif revision:
        watcher.start_at = revision
    limit = _number(call, "timeoutSeconds")
    seconds = float(limit) if limit else SHORTEST_WATCH * (1.0 + random.random())
    watcher.deadline = call.cluster.clock.time() + seconds
    return watcher


def _check_initial(call: Call, revision: int | None) -> None:
    if call.request.param("resourceVersionMatch") != "NotOlderThan":
        raise _invalid_match("Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    if revision is not None and revision > call.cluster.rev:
        raise too_large_resource_version(revision, call.cluster.rev)
