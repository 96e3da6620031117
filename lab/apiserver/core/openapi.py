"""OpenAPI v3 of a cluster: an index with one document per group and version, made from what the cluster serves.

kubectl reads it for `explain` and `apply`: it looks for the PATCH operation of a kind and its `fieldValidation`
parameter, and walks paths to find kinds. Source: Kubernetes, kube-openapi handler3 and builder3, and the publishing of
CustomResourceDefinition schemas. Documents are cached by a digest of everything they depend on, so that a thousand
clusters with the same CRDs share one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

import orjson

from lab.apiserver.core import data
from lab.apiserver.core.openapi_descriptions import ReadModel, describer
from lab.apiserver.core.openapi_paths import resource_paths
from lab.apiserver.core.resource import Resource

Components = Callable[[str], dict[str, Any]]
"""Gives the schema of a component by its name; raises KeyError for an unknown one."""
Describe = Callable[[str], Mapping[str, str]]
"""Gives the sentences of a component: by property name, and under the empty name for the component itself."""

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
ALWAYS = (
    OBJECT_META,
    LIST_META,
    "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
)
_API_VERSION_TEXT = "APIVersion defines the versioned schema of this representation of an object."
_KIND_TEXT = "Kind is a string value representing the REST resource this object represents."


class OpenAPI:
    """Makes indexes and documents; one for the whole process.

    `components` and `component_for` name the built-in schemas, `custom_schema` gives the openAPIV3Schema of a
    custom or virtual resource (None if it has none), `describe` adds sentences for `kubectl explain`.
    """

    def __init__(
        self,
        components: Components,
        component_for: Callable[[str, str, str], str | None],
        custom_schema: Callable[[Resource], Mapping[str, Any] | None],
        describe: Describe | None = None,
    ) -> None:
        self._components = components
        self._component_for = component_for
        self._custom_schema = custom_schema
        self._describe = describe
        self._digests: dict[Resource, tuple[object, str]] = {}
        self._documents = lru_cache(maxsize=8)(self._document)

    def index(self, resources: Iterable[Resource]) -> dict[str, Any]:
        """The reply to `GET /openapi/v3`: for each group and version a URL whose hash changes with its content."""
        groups: dict[str, list[Resource]] = {}
        for resource in resources:
            groups.setdefault(_prefix(resource.group, resource.version), []).append(resource)
        return {
            "paths": {
                prefix: {"serverRelativeURL": f"/openapi/v3/{prefix}?hash={self._digest(served)}"}
                for prefix, served in sorted(groups.items())
            }
        }

    def document(self, group: str, version: str, resources: Iterable[Resource]) -> dict[str, Any]:
        """The document of one group and version, shared between callers: do not change it."""
        served = [r for r in resources if (r.group, r.version) == (group, version)]
        return self._documents(group, version, self._digest(served), _Served(tuple(served)))

    def _digest(self, served: Sequence[Resource]) -> str:
        """128 hexadecimal digits, cached per resource because they are shared and never change."""
        whole = sha256()
        for resource in sorted(served, key=lambda r: r.plural):
            known = self._digests.get(resource)
            if known is None or known[0] is not resource.schema:
                schema = self._custom_schema(resource)
                text = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS) if schema is not None else b""
                known = (resource.schema, sha256(repr(resource).encode() + text).hexdigest())
                self._digests[resource] = known
            whole.update(known[1].encode())
        return whole.hexdigest().upper()

    def _document(self, group: str, version: str, _digest: str, served: _Served) -> dict[str, Any]:
        schemas: dict[str, Any] = {}
        paths: dict[str, Any] = {}
        prefix = _prefix(group, version)
        names = list(ALWAYS)
        for resource in sorted(served.resources, key=lambda r: r.plural):
            name = self._name(resource, schemas)
            names += [name, f"{name}List"]
            kinds = {s.name: self._component_for(s.group, s.version, s.kind) or name for s in resource.subresources}
            names += kinds.values()
            paths |= resource_paths(prefix, resource, name, kinds)
        for name in self._closure(names, schemas):
            schemas[name] = self._described(name)
        return {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": "unversioned"},
            "paths": dict(sorted(paths.items())),
            "components": {"schemas": dict(sorted(schemas.items()))},
        }

    def _name(self, resource: Resource, schemas: dict[str, Any]) -> str:
        """The component of the resource's kind; that of a custom or virtual one is made and put into `schemas`."""
        builtin = None if resource.custom else self._component_for(resource.group, resource.version, resource.kind)
        if builtin is not None:
            return builtin
        name = ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])
        schemas[name] = _custom_component(resource, self._custom_schema(resource) or _ANYTHING)
        schemas[f"{name}List"] = _list_component(resource, name)
        return name

    def _closure(self, names: Iterable[str], known: Mapping[str, Any]) -> Iterator[str]:
        """Names, and all that their schemas refer to, which are not made yet."""
        pending = [*names, *(ref for schema in known.values() for ref in references(schema))]
        seen = set(known)
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            try:
                schema = self._components(name)
            except KeyError:
                continue
            yield name
            pending.extend(references(schema))

    def _described(self, name: str) -> dict[str, Any]:
        schema = self._components(name)
        sentences = self._describe(name) if self._describe is not None else {}
        if not sentences:
            return schema
        properties = {
            key: {**value, "description": told} if (told := sentences.get(key) or self._of_target(value)) else value
            for key, value in (schema.get("properties") or {}).items()
        }
        whole = {**schema, "properties": properties} if properties else dict(schema)
        return {**whole, "description": sentences[""]} if "" in sentences else whole

    def _of_target(self, prop: Any) -> str:
        """What is said of the component that a property refers to, for properties that nothing is said of."""
        target = next(references(prop), None) if isinstance(prop, dict) else None
        return self._describe(target).get("", "") if target is not None and self._describe is not None else ""


@cache
def kubernetes_openapi(read_model: ReadModel | None = None) -> OpenAPI:
    """The maker over Kubernetes' own components; with `read_model` its documents carry sentences for `explain`."""
    describe = None if read_model is None else describer(read_model)
    return OpenAPI(data.component, data.component_for, _custom_schema, describe)


def _custom_schema(resource: Resource) -> Mapping[str, Any] | None:
    if resource.schema is None or resource.schema.builtin:
        return None
    return resource.schema.raw


class _Served:
    """Resources as an argument that the cache's key must not look into: the digest beside it stands for them."""

    __slots__ = ("resources",)

    def __init__(self, resources: tuple[Resource, ...]) -> None:
        self.resources = resources

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Served)

    def __hash__(self) -> int:
        return 0


_ANYTHING: Mapping[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def references(schema: Any) -> Iterator[str]:
    """Names of the components that a schema refers to. A property that is itself called `$ref` is none."""
    if isinstance(schema, dict):
        ref = schema.get("$ref")
        if isinstance(ref, str):
            yield ref.rpartition("/")[2]
        for value in schema.values():
            yield from references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from references(value)


def _prefix(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _type_meta() -> dict[str, Any]:
    return {
        "apiVersion": {"type": "string", "description": _API_VERSION_TEXT},
        "kind": {"type": "string", "description": _KIND_TEXT},
    }


def _custom_component(resource: Resource, schema: Mapping[str, Any]) -> dict[str, Any]:
    described = (schema.get("properties") or {}).get("metadata", {}).get("description", "Standard object's metadata.")
    metadata = {"allOf": [{"$ref": f"#/components/schemas/{OBJECT_META}"}], "description": described}
    properties = {**(schema.get("properties") or {}), **_type_meta(), "metadata": metadata}
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {**schema, "properties": properties, "x-kubernetes-group-version-kind": [kind]}


def _list_component(resource: Resource, name: str) -> dict[str, Any]:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.list_kind}
    items = {"type": "array", "items": {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}}
    return {
        "type": "object",
        "description": f"{resource.list_kind} is a list of {resource.kind}",
        "required": ["items"],
        "properties": {
            **_type_meta(),
            "items": items,
            "metadata": {"allOf": [{"$ref": f"#/components/schemas/{LIST_META}"}]},
        },
        "x-kubernetes-group-version-kind": [kind],
    }
