"""Discovery: what groups, versions and resources a cluster serves, in the three forms that clients ask for.

Source: Kubernetes, meta/v1 APIVersions, APIGroupList and APIResourceList (the older form, used by Python clients) and
apidiscovery.k8s.io v2 and v2beta1 APIGroupDiscoveryList (the aggregated form, used by kubectl).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from lab.apiserver.core.resource import Resource, Subresource

V2_CONTENT_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
V2BETA1_CONTENT_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
_CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
_STORED_AS = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "apiextensions.k8s.io/v1beta1/CustomResourceDefinition",
    ("events.k8s.io", "Event"): "/v1/Event",
    ("resource.k8s.io", "DeviceClass"): "resource.k8s.io/v1beta2/DeviceClass",
    ("resource.k8s.io", "ResourceClaim"): "resource.k8s.io/v1beta2/ResourceClaim",
    ("resource.k8s.io", "ResourceClaimTemplate"): "resource.k8s.io/v1beta2/ResourceClaimTemplate",
    ("resource.k8s.io", "ResourceSlice"): "resource.k8s.io/v1beta2/ResourceSlice",
    ("storage.k8s.io", "VolumeAttributesClass"): "storage.k8s.io/v1beta1/VolumeAttributesClass",
}
"""Kinds that Kubernetes 1.34 stores in another version than their newest: the hash in discovery tells that one."""
_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STABILITY = {"alpha": 1, "beta": 2, None: 3}


def version_rank(version: str) -> tuple[int, int, int, str]:
    """A key by which versions sort from least to most preferred: v1alpha1 < v1beta1 < v1 < v2.

    Source: Kubernetes, apimachinery `version.CompareKubeAwareVersionStrings`.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        return (0, 0, 0, "".join(chr(0x10FFFF - ord(character)) for character in version))
    major, stability, minor = found.groups()
    return (_STABILITY[stability], int(major), int(minor or 0), "")


def api_versions(server_address: str = "127.0.0.1:6443") -> dict[str, Any]:
    """The reply to `GET /api` in the older form."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}],
    }


def api_groups(resources: Iterable[Resource]) -> dict[str, Any]:
    """The reply to `GET /apis` in the older form; the core group is not in it."""
    groups = [_api_group(name, versions) for name, versions in _by_group(resources).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def api_group(group: str, resources: Iterable[Resource]) -> dict[str, Any] | None:
    """The reply to `GET /apis/GROUP`, or None if nothing of that group is served."""
    versions = _by_group(resource for resource in resources if resource.group == group).get(group)
    return None if versions is None else {"kind": "APIGroup", "apiVersion": "v1", **_api_group(group, versions)}


def api_resource_list(group: str, version: str, resources: Iterable[Resource]) -> dict[str, Any]:
    """The reply to `GET /api/v1` or `GET /apis/GROUP/VERSION`: resources and their subresources by name.

    `resources` may hold other groups and versions too; with none of this one the list is empty.
    """
    items: list[dict[str, Any]] = []
    for resource in _sorted(r for r in resources if (r.group, r.version) == (group, version)):
        items.append(_api_resource(resource))
        items.extend(_api_subresource(resource, sub) for sub in sorted(resource.subresources, key=lambda s: s.name))
    reply: dict[str, Any] = {"kind": "APIResourceList"}
    if group:
        reply["apiVersion"] = "v1"
    return {**reply, "groupVersion": f"{group}/{version}" if group else version, "resources": items}


def aggregated(resources: Iterable[Resource], *, core: bool, beta: bool) -> dict[str, Any]:
    """The aggregated form: of the core group (for `/api`) or of all others (for `/apis`), as v2 or v2beta1.

    The content type of the reply is `V2_CONTENT_TYPE` or `V2BETA1_CONTENT_TYPE`, exactly.
    """
    items = []
    for group, versions in _by_group(r for r in resources if (r.group == "") is core).items():
        metadata: dict[str, Any] = {"name": group, "creationTimestamp": None} if group else {"creationTimestamp": None}
        described = [
            {"version": version, "resources": [_discovered(r) for r in _sorted(served)], "freshness": "Current"}
            for version, served in versions.items()
        ]
        items.append({"metadata": metadata, "versions": described})
    api_version = "apidiscovery.k8s.io/v2beta1" if beta else "apidiscovery.k8s.io/v2"
    return {"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items}


def _by_group(resources: Iterable[Resource]) -> dict[str, dict[str, list[Resource]]]:
    """Groups in order: built-in ones as they come, custom ones by name; versions from most to least preferred."""
    found: dict[str, dict[str, list[Resource]]] = {}
    custom: set[str] = set()
    for resource in resources:
        if resource.custom and resource.group not in found:
            custom.add(resource.group)
        found.setdefault(resource.group, {}).setdefault(resource.version, []).append(resource)
    names = [name for name in found if name not in custom] + sorted(custom)
    return {name: dict(sorted(found[name].items(), key=lambda i: version_rank(i[0]), reverse=True)) for name in names}


def _sorted(resources: Iterable[Resource]) -> Sequence[Resource]:
    return sorted(resources, key=lambda resource: resource.plural)


def _api_group(name: str, versions: Mapping[str, Any]) -> dict[str, Any]:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _api_resource(resource: Resource) -> dict[str, Any]:
    item: dict[str, Any] = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _verbs(resource),
    }
    if resource.short_names:
        item["shortNames"] = list(resource.short_names)
    if resource.categories:
        item["categories"] = list(resource.categories)
    if "create" in resource.verbs and "get" in resource.verbs:
        stored = _STORED_AS.get((resource.group, resource.kind), f"{resource.api_version}/{resource.kind}")
        if "/" not in resource.api_version:
            stored = f"/{stored}"
        item["storageVersionHash"] = b64encode(sha256(stored.encode()).digest()[:8]).decode()
    return item


def _verbs(resource: Resource) -> list[str]:
    """Built-in resources list their verbs in order, custom ones always list them like this."""
    if resource.custom and set(resource.verbs) == set(_CUSTOM_VERBS):
        return list(_CUSTOM_VERBS)
    return sorted(resource.verbs)


def _api_subresource(resource: Resource, sub: Subresource) -> dict[str, Any]:
    item: dict[str, Any] = {
        "name": f"{resource.plural}/{sub.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
    }
    if (sub.group, sub.version) != (resource.group, resource.version):
        item |= {"group": sub.group, "version": sub.version}
    return {**item, "kind": sub.kind, "verbs": sorted(sub.verbs)}


def _response_kind(resource: Resource, sub: Subresource) -> dict[str, Any]:
    """Built-in subresources that answer in their resource's own version leave it out."""
    if not resource.custom and (sub.group, sub.version) == (resource.group, resource.version):
        return {"group": "", "version": "", "kind": sub.kind}
    return {"group": sub.group, "version": sub.version, "kind": sub.kind}


def _discovered(resource: Resource) -> dict[str, Any]:
    item: dict[str, Any] = {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": _verbs(resource),
    }
    if resource.short_names:
        item["shortNames"] = list(resource.short_names)
    if resource.categories:
        item["categories"] = list(resource.categories)
    if resource.subresources:
        item["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": _response_kind(resource, sub),
                "verbs": sorted(sub.verbs),
            }
            for sub in sorted(resource.subresources, key=lambda sub: sub.name)
        ]
    return item
