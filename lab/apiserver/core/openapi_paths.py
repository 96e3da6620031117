"""The paths of one resource in its OpenAPI v3 document: collection, item and subresources, with their operations.

Source: Kubernetes, apiserver `endpoints/installer` (routes, parameters, operation names).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.apiserver.core.resource import Resource

_META = "io.k8s.apimachinery.pkg.apis.meta.v1"
_TEXTS = {
    "dryRun": "When present, indicates that modifications should not be persisted. The valid value is All.",
    "fieldManager": "A name associated with the actor or entity that is making these changes.",
    "fieldValidation": "How to handle unknown or duplicate fields in the request: Ignore, Warn or Strict.",
    "force": 'Force is going to "force" Apply requests: conflicting fields are taken over.',
    "labelSelector": "A selector to restrict the list of returned objects by their labels.",
    "fieldSelector": "A selector to restrict the list of returned objects by their fields.",
    "limit": "A maximum number of responses to return for a list call.",
    "continue": "The continue option of the reply to a previous list call that was limited.",
    "resourceVersion": "A constraint on what resource versions a request may be served from.",
    "resourceVersionMatch": "How resourceVersion is applied to list calls.",
    "watch": "Watch for changes and return them as a stream of notifications.",
    "allowWatchBookmarks": "Requests watch events with type BOOKMARK.",
    "sendInitialEvents": "Begin a watch with synthetic events of the current state.",
    "timeoutSeconds": "Timeout for the list or watch call.",
    "gracePeriodSeconds": "The duration in seconds before the object should be deleted.",
    "propagationPolicy": "Whether and how garbage collection will be performed.",
}
_TYPES = dict.fromkeys(("force", "watch", "allowWatchBookmarks", "sendInitialEvents"), "boolean") | dict.fromkeys(
    ("limit", "timeoutSeconds", "gracePeriodSeconds"), "integer"
)
_WRITE = ("dryRun", "fieldManager", "fieldValidation")
_LIST = (
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
)
_DELETE = ("dryRun", "gracePeriodSeconds", "propagationPolicy")
_OPERATIONS: dict[str, tuple[str, str, Sequence[str]]] = {
    "list": ("get", "list", _LIST),
    "create": ("post", "post", _WRITE),
    "deletecollection": ("delete", "deletecollection", (*_LIST, *_DELETE)),
    "get": ("get", "get", ()),
    "update": ("put", "put", _WRITE),
    "patch": ("patch", "patch", (*_WRITE, "force")),
    "delete": ("delete", "delete", _DELETE),
}
_PATCH_TYPES = ("application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json")


def resource_paths(prefix: str, resource: Resource, component: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Paths to path items. `prefix` such as `apis/apps/v1`; `kinds` gives the component of each subresource."""
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    collection = f"/{prefix}{scope}/{resource.plural}"
    paths = {
        collection: _item(resource, component, ("list", "create", "deletecollection"), ""),
        f"{collection}/{{name}}": _item(resource, component, ("get", "update", "patch", "delete"), ""),
    }
    if resource.namespaced and "list" in resource.verbs:
        everywhere = _item(resource, component, ("list",), "ForAllNamespaces")
        everywhere["parameters"] = [_PRETTY]
        paths[f"/{prefix}/{resource.plural}"] = everywhere
    for sub in resource.subresources:
        component_of_sub = kinds.get(sub.name, component)
        gvk = {"group": sub.group, "version": sub.version, "kind": sub.kind}
        operations = {
            _OPERATIONS[verb][0]: _operation(resource, verb, component_of_sub, gvk, sub.name.title())
            for verb in sub.verbs
            if verb in _OPERATIONS
        }
        paths[f"{collection}/{{name}}/{sub.name}"] = operations | {"parameters": _path_parameters(resource, named=True)}
    return {path: item for path, item in paths.items() if len(item) > 1}


def _item(resource: Resource, component: str, verbs: Sequence[str], suffix: str) -> dict[str, Any]:
    gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    operations: dict[str, Any] = {
        _OPERATIONS[verb][0]: _operation(resource, verb, component, gvk, suffix)
        for verb in verbs
        if verb in resource.verbs
    }
    return operations | {"parameters": _path_parameters(resource, named="get" in verbs)}


_PRETTY = {"name": "pretty", "in": "query", "schema": {"type": "string", "uniqueItems": True}}


def _path_parameters(resource: Resource, *, named: bool) -> list[dict[str, Any]]:
    names = [*(["name"] if named else []), *(["namespace"] if resource.namespaced else [])]
    schema = {"type": "string", "uniqueItems": True}
    return [*({"name": n, "in": "path", "required": True, "schema": schema} for n in names), _PRETTY]


def _operation(resource: Resource, verb: str, component: str, gvk: Mapping[str, str], suffix: str) -> dict[str, Any]:
    method, action, parameters = _OPERATIONS[verb]
    group = "".join(part.capitalize() for part in (resource.group.removesuffix(".k8s.io") or "core").split("."))
    scope = "Namespaced" if resource.namespaced and suffix != "ForAllNamespaces" else ""
    version = resource.version.capitalize()
    operation: dict[str, Any] = {
        "operationId": f"{action.replace('get', 'read')}{group}{version}{scope}{resource.kind}{suffix}",
        "tags": [f"{group[0].lower()}{group[1:]}_{resource.version}"],
        "parameters": [_query(name) for name in parameters],
        "responses": {"200": _content(_result(verb, component)), "401": {"description": "Unauthorized"}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": dict(gvk),
    }
    if method == "patch":
        types = _PATCH_TYPES if resource.custom else (*_PATCH_TYPES, "application/strategic-merge-patch+json")
        operation["requestBody"] = {"required": True, "content": {t: _schema(f"{_META}.Patch") for t in types}}
    elif method == "delete":
        operation["requestBody"] = {"content": {"*/*": _schema(f"{_META}.DeleteOptions")}}
    elif method in ("post", "put"):
        operation["requestBody"] = {"required": True, "content": {"*/*": _schema(component)}}
    return operation


def _result(verb: str, component: str) -> str:
    if verb == "list":
        return f"{component}List"
    return f"{_META}.Status" if verb in ("delete", "deletecollection") else component


def _content(component: str) -> dict[str, Any]:
    return {"description": "OK", "content": {"application/json": _schema(component)}}


def _schema(component: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{component}"}}


def _query(name: str) -> dict[str, Any]:
    schema = {"type": _TYPES.get(name, "string"), "uniqueItems": True}
    return {"name": name, "in": "query", "description": _TEXTS[name], "schema": schema}
