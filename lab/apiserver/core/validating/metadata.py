"""Faults of an object's metadata.

Source: Kubernetes, ValidateObjectMeta and ValidateObjectMetaUpdate; each kind's name function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from lab.apiserver.core import field_errors as fe
from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.validating import names

_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
MAX_ANNOTATIONS = 256 * 1024
_IMMUTABLE = "field is immutable"

_NAME_RULES: Mapping[str, Callable[[str], list[str]]] = {
    "namespaces": names.dns_label,
    "services": names.dns_1035_label,
    "cronjobs.batch": names.cron_job,
    "roles.rbac.authorization.k8s.io": names.path_segment,
    "rolebindings.rbac.authorization.k8s.io": names.path_segment,
    "clusterroles.rbac.authorization.k8s.io": names.path_segment,
    "clusterrolebindings.rbac.authorization.k8s.io": names.path_segment,
    "apiservices.apiregistration.k8s.io": names.path_segment,
    "customresourcedefinitions.apiextensions.k8s.io": names.path_segment,
    "statefulsets.apps": names.dns_label,
}


def name_rule(resource: Resource) -> Callable[[str], list[str]]:
    """The rule for names of this kind."""
    return _NAME_RULES.get(resource.group_resource, names.dns_subdomain)


def metadata_faults(resource: Resource, obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """All faults of the metadata; `old` is the stored object, None on create."""
    metadata = obj.get("metadata") or {}
    faults = _name_faults(resource, metadata) if old is None else _changes(metadata, old["metadata"])
    faults += labels_faults(metadata.get("labels") or {}, "metadata.labels")
    faults += annotation_faults(metadata.get("annotations") or {}, "metadata.annotations")
    faults += _owner_faults(metadata.get("ownerReferences") or [])
    if old is None:
        faults += _finalizer_faults(metadata.get("finalizers") or [], strict=not resource.custom)
    return faults


def _name_faults(resource: Resource, metadata: dict[str, Any]) -> list[FieldError]:
    rule = name_rule(resource)
    faults = []
    prefix = metadata.get("generateName")
    if prefix:
        # The real server cuts off two characters here, so that the last one before the dash goes unchecked.
        masked = prefix[:-2] + "a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        faults += [fe.invalid("metadata.generateName", prefix, fault) for fault in rule(masked)]
    name = metadata.get("name")
    if not name:
        faults.append(fe.required("metadata.name", "name or generateName is required"))
    else:
        faults += [fe.invalid("metadata.name", name, fault) for fault in rule(name)]
    namespace = metadata.get("namespace")
    if resource.namespaced and namespace:
        faults += [fe.invalid("metadata.namespace", namespace, fault) for fault in names.dns_label(namespace)]
    return faults


def _changes(new: dict[str, Any], old: dict[str, Any]) -> list[FieldError]:
    """Changes of what stays the same for an object's whole life."""
    faults = []
    if (new.get("generation") or 0) < (old.get("generation") or 0):
        faults.append(fe.invalid("metadata.generation", new.get("generation") or 0, "must not be decremented"))
    fixed = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")
    changed = [key for key in fixed if new.get(key) != old.get(key)]
    return faults + [fe.invalid(f"metadata.{key}", new.get(key), _IMMUTABLE) for key in changed]


def labels_faults(labels: dict[str, str], path: str) -> list[FieldError]:
    """Faults of labels, or of a selector by labels."""
    faults = []
    for key, value in labels.items():
        faults += [fe.invalid(path, key, fault) for fault in _key_faults(key)]
        faults += [fe.invalid(path, value, fault) for fault in _value_faults(value)]
    return faults


@lru_cache(maxsize=4096)
def _key_faults(key: str) -> tuple[str, ...]:
    return tuple(names.qualified_name(key))


@lru_cache(maxsize=4096)
def _value_faults(value: str) -> tuple[str, ...]:
    return tuple(names.label_value(value))


def annotation_faults(annotations: dict[str, str], path: str) -> list[FieldError]:
    """Faults of annotations: keys like those of labels, and a limit for all of them together."""
    faults = [fe.invalid(path, key, fault) for key in annotations for fault in _key_faults(key.lower())]
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > MAX_ANNOTATIONS:
        faults.append(fe.too_long(path, MAX_ANNOTATIONS))
    return faults


def _owner_faults(references: list[dict[str, Any]]) -> list[FieldError]:
    path = "metadata.ownerReferences"
    faults = []
    controller = ""
    for reference in references:
        if not reference.get("apiVersion"):
            faults.append(fe.invalid(f"{path}.apiVersion", "", "version must not be empty"))
        faults += [
            fe.invalid(f"{path}.{key}", "", "must not be empty")
            for key in ("kind", "name", "uid")
            if not reference.get(key)
        ]
        if reference.get("apiVersion") == "v1" and reference.get("kind") == "Event":
            faults.append(fe.invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner"))
        if reference.get("controller"):
            shown = f"{reference.get('kind')}/{reference.get('name')}"
            if controller:
                rule = (
                    'Only one reference can have Controller set to true. Found "true" in references for '
                    f"{controller} and {shown}"
                )
                faults.append(fe.invalid(path, references, rule))
            controller = controller or shown
    return faults


def _finalizer_faults(finalizers: list[str], *, strict: bool) -> list[FieldError]:
    """Faults of finalizers' names; built-in kinds take none without a domain but the standard ones."""
    path = "metadata.finalizers"
    faults = [fe.invalid(path, item, fault) for item in finalizers for fault in names.qualified_name(item)]
    rule = "name is neither a standard finalizer name nor is it fully qualified"
    for index, item in enumerate(finalizers):
        if strict and "/" not in item and item not in _STANDARD_FINALIZERS:
            faults.append(fe.invalid(f"{path}[{index}]", item, rule))
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        rule = "finalizer orphan and foregroundDeletion cannot be both set"
        faults.append(fe.invalid(path, finalizers, rule))
    return faults
