"""The simulator's own client: objects in, objects out, over any transport of the API server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from lab.apiserver.core.errors import ApiError, Cause

MERGE_PATCH = "application/merge-patch+json"
USER_AGENT = "kube-controller-manager/lab-simulator"
"""Names the field manager of everything that is simulated."""

_VERSIONS = {
    "": "/api/v1",
    "apps": "/apis/apps/v1",
    "batch": "/apis/batch/v1",
    "discovery.k8s.io": "/apis/discovery.k8s.io/v1",
    "storage.k8s.io": "/apis/storage.k8s.io/v1",
}


class Transport(Protocol):
    """What the client needs of a transport; `serve.local.LocalTransport` is one."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] = ...,
        body: bytes = b"",
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of one exchange. Raises nothing but ConnectionError."""
        ...


def path_of(group_resource: str, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """The path of a collection, or of one object, of a built-in resource such as `deployments.apps`."""
    plural, _, group = group_resource.partition(".")
    scope = f"/namespaces/{quote(namespace)}" if namespace else ""
    tail = "".join(f"/{quote(part)}" for part in (name, subresource) if part)
    return f"{_VERSIONS[group]}{scope}/{plural}{tail}"


class Client:
    """Typed by group resource. Refusals are raised as ApiError, a lost server as ConnectionError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def find(self, group_resource: str, namespace: str, name: str) -> dict[str, Any] | None:
        """One object, or None if it does not exist."""
        try:
            return await self._send("GET", path_of(group_resource, namespace, name))
        except ApiError as refused:
            if refused.code == 404:
                return None
            raise

    async def list(self, group_resource: str, namespace: str = "", *, labels: str = "") -> list[dict[str, Any]]:
        """All objects of a namespace, or of the cluster, that the label selector chooses."""
        query = {"labelSelector": labels} if labels else {}
        found = await self._send("GET", path_of(group_resource, namespace), query=query)
        items: list[dict[str, Any]] = found["items"]
        return items

    async def create(self, group_resource: str, namespace: str, obj: dict[str, Any]) -> dict[str, Any]:
        """The object as it was stored."""
        return await self._send("POST", path_of(group_resource, namespace), body=obj)

    async def bind(self, namespace: str, pod: str, node: str) -> None:
        """Assign a pod to a node, as the scheduler does."""
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": target}
        await self._send("POST", path_of("pods", namespace, pod, "binding"), body=binding)

    async def patch(
        self, group_resource: str, obj: Mapping[str, Any], changes: Mapping[str, Any], subresource: str = ""
    ) -> dict[str, Any]:
        """Merge changes into exactly the version that was read: if it has moved on, ApiError 409 is raised."""
        metadata = obj["metadata"]
        own = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        body = {**changes, "metadata": {**changes.get("metadata", {}), **own}}
        path = path_of(group_resource, metadata.get("namespace", ""), metadata["name"], subresource)
        return await self._send("PATCH", path, body=body, content_type=MERGE_PATCH)

    async def patch_status(
        self, group_resource: str, obj: Mapping[str, Any], status: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Merge into the status; writes nothing if the object already shows it."""
        before = obj.get("status") or {}
        changed = {key: value for key, value in status.items() if before.get(key) != value}
        if not changed:
            return dict(obj)
        return await self.patch(group_resource, obj, {"status": changed}, "status")

    async def delete(self, group_resource: str, obj: Mapping[str, Any], *, grace: int | None = None) -> None:
        """Delete exactly this object; one that is gone or was replaced is fine."""
        metadata = obj["metadata"]
        options: dict[str, Any] = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "preconditions": {"uid": metadata["uid"]},
            "propagationPolicy": "Background",
        }
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            path = path_of(group_resource, metadata.get("namespace", ""), metadata["name"])
            await self._send("DELETE", path, body=options)
        except ApiError as refused:
            if refused.code not in (404, 409):
                raise

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        headers = {"accept": "application/json", "user-agent": USER_AGENT}
        sent = b""
        if body is not None:
            headers["content-type"] = content_type
            sent = json.dumps(body).encode()
        status, _, reply = await self._transport.request(method, path, query=query or {}, headers=headers, body=sent)
        if status >= 400:
            raise refusal(status, reply)
        answer: dict[str, Any] = json.loads(reply)
        return answer


def refusal(status: int, reply: bytes) -> ApiError:
    """The ApiError that a reply's Status object tells of."""
    try:
        told: dict[str, Any] = json.loads(reply)
    except ValueError:
        return ApiError(status, "", reply.decode(errors="replace").strip())
    details = told.get("details") or {}
    causes = [Cause(c.get("reason", ""), c.get("message", ""), c.get("field", "")) for c in details.get("causes") or ()]
    return ApiError(
        status, told.get("reason", ""), told.get("message", ""), name=details.get("name", ""), causes=causes
    )
