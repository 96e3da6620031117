"""What a request's method and path mean: verb, resource, namespace, name, subresource.

Source: Kubernetes, apiserver, RequestInfo factory.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from lab.apiserver.core.request import Request

_VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES = ("status", "finalize")


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A parsed request. For requests that address no resource only `verb` and `path` are set."""

    verb: str
    path: str
    is_resource: bool = False
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    tail: str = ""
    """What follows the subresource, as in `pods/NAME/proxy/some/path`."""

    @property
    def namespace_in_path(self) -> str:
        """The namespace that scopes the resource: empty for the resource `namespaces` itself."""
        return "" if self.resource == "namespaces" and not self.group else self.namespace


def parse(request: Request) -> RequestInfo:
    """The meaning of a request; never fails, unknown paths are non-resource requests."""
    method = request.method.upper()
    parts = [unquote(part) for part in request.path.strip("/").split("/") if part]
    if not parts or parts[0] not in ("api", "apis"):
        return RequestInfo(method.lower(), request.path)
    depth = 2 if parts[0] == "api" else 3
    if len(parts) <= depth:
        return RequestInfo(method.lower(), request.path)
    group = "" if parts[0] == "api" else parts[1]
    return _resource(request, method, group, parts[depth - 1], parts[depth:])


def _resource(request: Request, method: str, group: str, version: str, rest: list[str]) -> RequestInfo:
    namespace = ""
    watched = rest[0] == "watch" and len(rest) > 1
    if watched:
        # The older form of a watch: a prefix instead of a parameter.
        rest = rest[1:]
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in _NAMESPACE_SUBRESOURCES:
            rest = rest[2:]
    name = rest[1] if len(rest) > 1 else ""
    verb = "watch" if watched and method == "GET" else _verb(request, method, name)
    if not name and verb in ("list", "watch", "deletecollection"):
        name = _name_selected(request.param("fieldSelector"))
    return RequestInfo(
        verb=verb,
        path=request.path,
        is_resource=True,
        group=group,
        version=version,
        resource=rest[0],
        subresource=rest[2] if len(rest) > 2 else "",
        namespace=namespace,
        name=name,
        tail="/".join(rest[3:]),
    )


def _verb(request: Request, method: str, name: str) -> str:
    verb = _VERBS.get(method, method.lower())
    if verb == "get" and not name:
        return "watch" if request.flag("watch") else "list"
    if verb == "get" and request.flag("watch"):
        return "watch"
    if verb == "delete" and not name:
        return "deletecollection"
    return verb


def _name_selected(field_selector: str) -> str:
    """The name that a list is restricted to: it counts as the request's name for authorization."""
    for term in field_selector.split(","):
        key, equals, value = term.partition("=")
        if key == "metadata.name" and equals:
            return value.removeprefix("=")
    return ""
