"""The facts about Kubernetes' built-in APIs: component schemas, Go types, discovery.

Everything is read once, on first use, from the package's own data files (see lab/apiserver/data/NOTICE).
"""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from lab.apiserver.core.resource import Resource, Subresource

POINTER, OMIT_EMPTY, INLINE, OMIT_ZERO = 1, 2, 4, 8
"""Flags of a `GoField`."""


class GoField(NamedTuple):
    """One field of a Go struct: its protobuf number (0 where it has none), JSON name, type and flags.

    `type` is a scalar's name, `#struct`, `[]element`, `{}value`, `items:element` or the name of a special type.
    """

    number: int
    name: str
    type: str
    flags: int


WITH_GENERATION = frozenset(
    (
        "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "customresourcedefinitions.apiextensions.k8s.io",
        "daemonsets.apps",
        "deployments.apps",
        "replicasets.apps",
        "statefulsets.apps",
        "cronjobs.batch",
        "jobs.batch",
        "pods",
        "podtemplates",
        "replicationcontrollers",
        "endpointslices.discovery.k8s.io",
        "flowschemas.flowcontrol.apiserver.k8s.io",
        "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
        "ingresses.networking.k8s.io",
        "ingressclasses.networking.k8s.io",
        "networkpolicies.networking.k8s.io",
        "poddisruptionbudgets.policy",
        "deviceclasses.resource.k8s.io",
        "resourceslices.resource.k8s.io",
        "priorityclasses.scheduling.k8s.io",
    )
)
"""Group resources whose registry strategy sets metadata.generation (Kubernetes, pkg/registry strategies)."""

SELECTABLE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "nodes": ("spec.unschedulable",),
    "replicationcontrollers": ("status.replicas",),
    "namespaces": ("status.phase",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "events.events.k8s.io": (
        "regarding.kind",
        "regarding.namespace",
        "regarding.name",
        "regarding.uid",
        "regarding.apiVersion",
        "regarding.resourceVersion",
        "regarding.fieldPath",
        "reason",
        "reportingController",
        "type",
    ),
    "jobs.batch": ("status.successful",),
    "certificatesigningrequests.certificates.k8s.io": ("spec.signerName",),
    "resourceslices.resource.k8s.io": ("spec.nodeName", "spec.driver"),
}
"""Field selectors beyond name and namespace (Kubernetes, AddFieldLabelConversionFunc of each group)."""


_DEPRECATIONS = {
    "endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
}
"""What clients of a deprecated built-in kind are told (Kubernetes, APILifecycleDeprecated)."""


def _read(name: str) -> bytes:
    return files("lab.apiserver.data").joinpath(name).read_bytes()


@cache
def components() -> dict[str, dict[str, Any]]:
    """All OpenAPI v3 component schemas by name, without descriptions. Shared: do not change."""
    loaded: dict[str, dict[str, Any]] = orjson.loads(lzma.decompress(_read("schemas.json.xz")))
    return loaded


def component(name: str) -> dict[str, Any]:
    """The schema of one component such as `io.k8s.api.apps.v1.Deployment`. Raises KeyError. Shared: do not change."""
    return components()[name]


@cache
def _component_by_kind() -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for name, schema in components().items():
        for item in schema.get("x-kubernetes-group-version-kind", ()):
            found[item["group"], item["version"], item["kind"]] = name
    return found


def component_for(group: str, version: str, kind: str) -> str | None:
    """The name of the component that describes a built-in kind, or None for a kind that is not built in."""
    return _component_by_kind().get((group, version, kind))


@cache
def _types() -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads(gzip.decompress(_read("types.json.gz")))
    return loaded


def struct_for(group: str, version: str, kind: str) -> str | None:
    """The name of the Go struct of a built-in kind, for `struct_fields`, or None."""
    name: str | None = _types()["kinds"].get(f"{group}/{version}/{kind}")
    return name


@cache
def struct_fields(name: str) -> tuple[GoField, ...]:
    """The fields of one Go struct in their order; inlined structs stay a field with the flag INLINE."""
    return tuple(GoField(*field) for field in _types()["structs"][name])


@cache
def builtin_resources() -> tuple[Resource, ...]:
    """Every resource that Kubernetes serves by default, in the order of its discovery, with its compiled schema."""
    # The compiler reads this module's components, so it can only be imported once this module is complete.
    from lab.apiserver.core.schema import builtin_node

    found = []
    for group in orjson.loads(_read("discovery.json")):
        for version in group["versions"]:
            for entry in version["resources"]:
                node = builtin_node(group["name"], version["version"], entry["kind"])
                found.append(_resource(group["name"], version["version"], entry, node))
    return tuple(found)


def _resource(group: str, version: str, entry: dict[str, Any], node: Any) -> Resource:
    plural = entry["plural"]
    group_resource = f"{plural}.{group}" if group else plural
    return Resource(
        group=group,
        version=version,
        plural=plural,
        singular=entry["singular"],
        kind=entry["kind"],
        namespaced=entry["namespaced"],
        verbs=tuple(entry["verbs"]),
        short_names=tuple(entry.get("shortNames", ())),
        categories=tuple(entry.get("categories", ())),
        subresources=tuple(
            Subresource(s["name"], s["group"], s["version"], s["kind"], tuple(s["verbs"]))
            for s in entry.get("subresources", ())
        ),
        schema=node,
        has_generation=group_resource in WITH_GENERATION,
        selectable_fields=SELECTABLE_FIELDS.get(group_resource, ()),
        deprecation=_DEPRECATIONS.get(group_resource, ""),
    )
