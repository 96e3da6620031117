"""A small asynchronous client: get, list, watch, create, replace, patch, apply, delete, over any transport.

Refusals are `KubeError` with the server's Status; an absent object is None where a question is asked (`get`,
`delete`) and an error where an act needs it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from lab.kube.paths import Kind, Object, split_api_version
from lab.ports.transport import Transport

_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
"""One value of a Warning header (RFC 7234); several may stand in one header, separated by commas."""

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


class KubeError(Exception):
    """A refusal of the API: `code` is the HTTP status, `reason` and `message` come from the Status."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = dict(details or {})

    @property
    def not_found(self) -> bool:
        """The object, or its kind, is not there."""
        return self.code == 404

    @property
    def conflict(self) -> bool:
        """Somebody else wrote first, or owns a field, or the name is taken."""
        return self.code == 409


class KubeClient:
    """One identity on one cluster; `warnings` collects the texts of Warning headers, newest last."""

    def __init__(self, transport: Transport, *, user_agent: str = "nephio-lab") -> None:
        self._transport = transport
        self._user_agent = user_agent
        self._kinds: dict[tuple[str, str], Kind] = {}
        self.warnings: list[str] = []

    async def get(self, kind: Kind, name: str, namespace: str = "") -> Object | None:
        """The object, or None when it, or its kind, does not exist."""
        try:
            return await self._send("GET", kind.path(namespace, name))
        except KubeError as error:
            if error.not_found:
                return None
            raise

    async def list(
        self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> tuple[list[Object], str]:
        """Objects with apiVersion and kind, and the list's resourceVersion. A kind that is not served is empty."""
        query = _drop_empty({"labelSelector": labels, "fieldSelector": fields})
        try:
            found = await self._send("GET", kind.path(namespace), query=query)
        except KubeError as error:
            if error.not_found:
                return [], ""
            raise
        items = [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in found.get("items") or []]
        return items, str(found.get("metadata", {}).get("resourceVersion", ""))

    async def create(
        self, kind: Kind, obj: Object, *, namespace: str = "", subresource: str = "", dry_run: bool = False
    ) -> Object:
        """The created object, or the reply of a subresource such as `token`. Raises KubeError (409, 422, …)."""
        place = namespace or str(obj.get("metadata", {}).get("namespace", ""))
        query = {"dryRun": "All"} if dry_run else {}
        name = str(obj.get("metadata", {}).get("name", "")) if subresource else ""
        return await self._send("POST", kind.path(place, name, subresource), query=query, body=obj)

    async def replace(self, kind: Kind, obj: Object, *, subresource: str = "") -> Object:
        """PUT the object, or its `status` or other subresource."""
        meta = obj["metadata"]
        return await self._send(
            "PUT",
            kind.path(meta.get("namespace", ""), meta["name"], subresource),
            body=obj,
        )

    async def patch(
        self,
        kind: Kind,
        name: str,
        patch: Any,
        *,
        namespace: str = "",
        subresource: str = "",
        content_type: str = MERGE,
    ) -> Object:
        """Merge patch by default; JSON_PATCH takes a list of operations."""
        headers = {"Content-Type": content_type}
        return await self._send(
            "PATCH",
            kind.path(namespace, name, subresource),
            body=patch,
            headers=headers,
        )

    async def apply(
        self,
        kind: Kind,
        obj: Object,
        *,
        manager: str,
        force: bool = False,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Object:
        """Server-side apply. Raises KubeError 409 with FieldManagerConflict causes unless `force`."""
        meta = obj["metadata"]
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = kind.path(meta.get("namespace", ""), meta["name"], subresource)
        return await self._send("PATCH", path, query=query, body=obj, headers={"Content-Type": APPLY})

    async def delete(
        self,
        kind: Kind,
        name: str,
        *,
        namespace: str = "",
        uid: str = "",
        propagation: str = "Background",
    ) -> Object | None:
        """The server's reply, or None when it was gone already. `uid` deletes only that very object."""
        body: Object = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
        }
        if uid:
            body["preconditions"] = {"uid": uid}
        try:
            return await self._send("DELETE", kind.path(namespace, name), body=body)
        except KubeError as error:
            if error.not_found:
                return None
            raise

    @asynccontextmanager
    async def watch(
        self,
        kind: Kind,
        namespace: str = "",
        *,
        version: str,
        labels: str = "",
        fields: str = "",
    ) -> AsyncIterator[AsyncGenerator[tuple[str, Object], None]]:
        """Changes after `version` as (`ADDED|MODIFIED|DELETED|BOOKMARK`, object); ends when the server ends it.

        Raises KubeError 410 when `version` is too old: list again.
        """
        query = {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
        }
        query |= _drop_empty({"labelSelector": labels, "fieldSelector": fields})
        status, _headers, stream = await self._transport.open(
            "GET",
            kind.path(namespace),
            query=query,
            headers={"User-Agent": self._user_agent},
        )
        async with aclosing(stream):
            if status != 200:
                raise _error(status, b"".join([piece async for piece in stream]))
            events = _watch_events(stream)
            async with aclosing(events):
                yield events

    async def kind_for(self, api_version: str, kind: str, *, refresh: bool = False) -> Kind | None:
        """The resource that serves a kind, by discovery; None when the cluster serves none."""
        key = (api_version, kind)
        if refresh or key not in self._kinds:
            self._kinds.pop(key, None)
            group, version = split_api_version(api_version)
            path = f"/apis/{group}/{version}" if group else f"/api/{version}"
            try:
                found = await self._send("GET", path)
            except KubeError as error:
                if error.not_found:
                    return None
                raise
            for entry in found.get("resources", []):
                if "/" not in entry["name"]:
                    served = Kind(
                        group,
                        version,
                        entry["kind"],
                        entry["name"],
                        bool(entry["namespaced"]),
                    )
                    self._kinds[(api_version, entry["kind"])] = served
        return self._kinds.get(key)

    async def raw(self, path: str) -> Any:
        """GET any path that answers JSON, such as `/version`; the path may carry a query."""
        parts = urlsplit(path)
        return await self._send("GET", parts.path, query=dict(parse_qsl(parts.query)))

    async def close(self) -> None:
        """Let go of connections."""
        await self._transport.close()

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Object:
        sent = {
            "Accept": "application/json",
            "User-Agent": self._user_agent,
            "Content-Type": "application/json",
        }
        sent.update(headers or {})
        data = b"" if body is None else orjson.dumps(body)
        status, reply, content = await self._transport.request(method, path, query=query or {}, headers=sent, body=data)
        self._note_warnings(reply)
        if status >= 400:
            raise _error(status, content)
        return orjson.loads(content) if content else {}

    def _note_warnings(self, headers: Mapping[str, str]) -> None:
        for name, value in headers.items():
            if name.lower() == "warning":
                self.warnings += [text.replace('\\"', '"').replace("\\\\", "\\") for text in _WARNING.findall(value)]


async def _watch_events(
    stream: AsyncGenerator[bytes, None],
) -> AsyncGenerator[tuple[str, Object], None]:
    rest = b""
    async for piece in stream:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if not line.strip():
                continue
            event = orjson.loads(line)
            if event["type"] == "ERROR":
                found = event["object"]
                raise KubeError(
                    int(found.get("code", 500)),
                    found.get("reason", ""),
                    found.get("message", ""),
                )
            yield event["type"], event["object"]


def _error(status: int, content: bytes) -> KubeError:
    try:
        found = orjson.loads(content)
        return KubeError(
            status,
            found.get("reason", ""),
            found.get("message", ""),
            found.get("details"),
        )
    except (ValueError, AttributeError):
        return KubeError(status, "", content.decode(errors="replace").strip() or f"HTTP {status}")


def _drop_empty(query: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in query.items() if value}
