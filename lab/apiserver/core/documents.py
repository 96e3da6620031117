"""What the server says about itself: version, health, discovery in three forms, OpenAPI.

Documents are made once per set of resources and shared by all clusters that serve the same.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any

from lab.apiserver.core import discovery
from lab.apiserver.core.encoding import encode
from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.negotiation import YAML, media_types, negotiate, not_acceptable
from lab.apiserver.core.openapi import OpenAPI
from lab.apiserver.core.rendering import to_yaml
from lab.apiserver.core.request import Request, Response
from lab.apiserver.core.resource import Resource

VERSION: dict[str, str] = {
    "major": "1",
    "minor": "34",
    "emulationMajor": "1",
    "emulationMinor": "34",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "33",
    "gitVersion": "v1.34.4-lab",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}
_HEALTH = ("healthz", "livez", "readyz")
_KEPT = 64
_OPENAPI_TWO = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"


class Documents:
    """Answers the paths that address no object. `page` below is the plain 404 of Kubernetes' router."""

    def __init__(self, openapi: OpenAPI) -> None:
        self._openapi = openapi
        self._kept: dict[tuple[Any, ...], tuple[tuple[Resource, ...], bytes, str]] = {}
        self._lock = threading.Lock()

    @staticmethod
    def takes_long(request: Request) -> bool:
        """Whether the answer may take tens of milliseconds to build: better in a thread, which `answer` allows."""
        return request.path.startswith("/openapi/v3/")

    def answer(self, request: Request, resources: tuple[Resource, ...]) -> Response:
        """The reply to a path such as `/apis`, `/version` or `/openapi/v3`. Raises ApiError."""
        parts = [part for part in request.path.strip("/").split("/") if part]
        if request.method not in ("GET", "HEAD"):
            raise ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        if not parts:
            return self._json(request, {"paths": _root_paths(resources)})
        head = parts[0]
        if head in _HEALTH:
            return Response(200, b"ok", "text/plain; charset=utf-8")
        if head == "version" and len(parts) == 1:
            return self._json(request, VERSION)
        if head in ("api", "apis"):
            return self._discovery(request, parts, resources)
        if head == "openapi" and len(parts) > 1:
            return self._open_api(request, parts[1:], resources)
        return page_not_found()

    def _json(self, request: Request, document: Any) -> Response:
        try:
            wanted = negotiate(request.headers.get("accept", ""))
        except ApiError:
            raise not_acceptable() from None
        body = encode(document)
        return Response(200, to_yaml(body) if wanted.media_type == YAML else body, wanted.media_type)

    def _discovery(self, request: Request, parts: list[str], resources: tuple[Resource, ...]) -> Response:
        if len(parts) == 1:
            core = parts[0] == "api"
            form = _aggregated_form(request.headers.get("accept", ""))
            if form:
                body, tag = self._made(
                    ("aggregated", core, form),
                    resources,
                    lambda: encode(discovery.aggregated(resources, core=core, beta=form == "v2beta1")),
                )
                content = f"application/json;g=apidiscovery.k8s.io;v={form};as=APIGroupDiscoveryList"
                return _tagged(request, body, tag, content)
            return self._json(request, discovery.api_versions() if core else discovery.api_groups(resources))
        if parts[0] == "apis" and len(parts) == 2:
            group = discovery.api_group(parts[1], resources)
            return page_not_found() if group is None else self._json(request, group)
        group_name, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
        if not any((r.group, r.version) == (group_name, version) for r in resources):
            return page_not_found()
        return self._json(request, discovery.api_resource_list(group_name, version, resources))

    def _open_api(self, request: Request, parts: list[str], resources: tuple[Resource, ...]) -> Response:
        if parts[0] != "v3":
            return _version_two(request)
        if len(parts) == 1:
            body, tag = self._made(("index",), resources, lambda: encode(self._openapi.index(resources)))
            return _tagged(request, body, tag, "application/json")
        if parts[1] == "api" and len(parts) == 3:
            group, version = "", parts[2]
        elif parts[1] == "apis" and len(parts) == 4:
            group, version = parts[2], parts[3]
        else:
            return page_not_found()
        chosen = tuple(r for r in resources if (r.group, r.version) == (group, version))
        if not chosen:
            return page_not_found()
        body, tag = self._made(
            ("document", group, version), chosen, lambda: encode(self._openapi.document(group, version, chosen))
        )
        return _tagged(request, body, tag, "application/json")

    def _made(
        self, name: tuple[Any, ...], resources: tuple[Resource, ...], make: Callable[[], bytes]
    ) -> tuple[bytes, str]:
        key = (*name, tuple(map(id, resources)))
        found = self._kept.get(key)
        if found is None:
            body = make()
            found = (resources, body, hashlib.sha256(body).hexdigest()[:32].upper())
            with self._lock:
                if len(self._kept) >= _KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = found
        return found[1], found[2]


def _version_two(request: Request) -> Response:
    """OpenAPI 2 without a path: clients ask for it only to find that they must do without.

    kubectl takes 406 for a failure where it names an unknown kind, and an empty document for what it is. It must be
    protobuf: JSON would be read as such. Source: gnostic, openapi.v2 Document.
    """
    if not any("openapi.spec.v2" in media.name for media in media_types(request.headers.get("accept", ""))):
        raise not_acceptable()
    title, version = b"Kubernetes", VERSION["gitVersion"].encode()
    info = _field(1, title) + _field(2, version)
    return Response(200, _field(1, b"2.0") + _field(2, info) + _field(8, b""), _OPENAPI_TWO)


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field; `content` is shorter than 128 bytes."""
    return bytes((number << 3 | 2, len(content))) + content


def _aggregated_form(accept: str) -> str:
    """v2, v2beta1 or empty: the first form of discovery that the client takes and the server has."""
    for media in media_types(accept):
        if media.name == "application/json":
            if media.get("as") == "APIGroupDiscoveryList" and media.get("g") == "apidiscovery.k8s.io":
                if media.get("v") in ("v2", "v2beta1"):
                    return media.get("v")
                continue
            return ""
        if media.name == "*/*":
            return ""
    return ""


def _tagged(request: Request, body: bytes, tag: str, content_type: str) -> Response:
    headers = {"ETag": f'"{tag}"', "Vary": "Accept"}
    if f'"{tag}"' in request.headers.get("if-none-match", ""):
        return Response(304, b"", content_type, headers)
    return Response(200, body, content_type, headers)


def _root_paths(resources: tuple[Resource, ...]) -> list[str]:
    found = {"/api", "/apis", "/healthz", "/livez", "/readyz", "/openapi/v3", "/version"}
    for resource in resources:
        if resource.group:
            found |= {f"/apis/{resource.group}", f"/apis/{resource.group}/{resource.version}"}
        else:
            found.add(f"/api/{resource.version}")
    return sorted(found)


def page_not_found() -> Response:
    """What the router says where nothing is served: text, and not a Status."""
    return Response(404, b"404 page not found\n", "text/plain; charset=utf-8")
