"""Mistakes that one object shows by itself, before anything is known of the cluster.

Source: Config Sync, raw validators of unstructured sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab.reconcile.declared import MANAGED, Declared
from lab.reconcile.faults import Fault
from lab.reconcile.identity import Identity, is_definition, is_namespace
from lab.reconcile.metadata import SYSTEM_NAMESPACE

CLUSTER_NAME_SELECTOR = "configsync.gke.io/cluster-name-selector"
OWN_GROUPS = frozenset({"configsync.gke.io", "configmanagement.gke.io"})
_RESERVED = ("configmanagement.gke.io/", "configsync.gke.io/")
_ALLOWED_ANNOTATIONS = frozenset(
    {
        MANAGED,
        "configmanagement.gke.io/namespace-selector",
        "configmanagement.gke.io/cluster-selector",
        CLUSTER_NAME_SELECTOR,
        "configsync.gke.io/deletion-propagation-policy",
    }
)
_SELECTOR_ANNOTATIONS = ("configmanagement.gke.io/namespace-selector", "configmanagement.gke.io/cluster-selector")
_SELECTOR_KINDS = frozenset({"ClusterSelector", "NamespaceSelector", "Cluster"})
_SELECTOR_GROUPS = frozenset({"configmanagement.gke.io", "clusterregistry.k8s.io"})
_HIERARCHICAL_KINDS = frozenset({"Repo", "HierarchyConfig"})
_FORBIDDEN_METADATA = ("ownerReferences", "uid", "resourceVersion", "generation", "creationTimestamp")
_FORBIDDEN_METADATA_TOO = ("deletionTimestamp", "selfLink")
_DEPRECATED = {
    ("extensions", "DaemonSet"): "apps",
    ("extensions", "Deployment"): "apps",
    ("extensions", "ReplicaSet"): "apps",
    ("extensions", "NetworkPolicy"): "networking.k8s.io",
    ("extensions", "Ingress"): "networking.k8s.io",
    ("extensions", "PodSecurityPolicy"): "policy",
}
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_PATH_NAMES = frozenset({"rbac.authorization.k8s.io"})
"""Groups whose names are path segments: `system:node` is a good name there."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the validators need to know beside the objects."""

    root_sync: str
    cluster: str = ""
    strict: bool = False
    implicit_namespaces: bool = True


def _reserved_annotations(item: Declared, _rules: Rules) -> Iterator[Fault]:
    wrong = sorted(key for key in item.annotations if key.startswith(_RESERVED) and key not in _ALLOWED_ANNOTATIONS)
    if wrong:
        text = f"Configs must not declare annotations of Config Sync's own prefixes. Remove: {', '.join(wrong)}."
        yield Fault("1010", text, (item.site,))


def _reserved_labels(item: Declared, _rules: Rules) -> Iterator[Fault]:
    labels = item.obj()["metadata"].get("labels") or {}
    wrong = sorted(key for key in labels if key.startswith(_RESERVED))
    if wrong:
        text = f"Configs must not declare labels of Config Sync's own prefixes. Remove: {', '.join(wrong)}."
        yield Fault("1011", text, (item.site,))


def _hierarchical_kinds(item: Declared, _rules: Rules) -> Iterator[Fault]:
    if item.identity.group == "configmanagement.gke.io" and item.identity.kind in _HIERARCHICAL_KINDS:
        yield Fault("1032", "Repo and HierarchyConfig belong to hierarchical repositories only.", (item.site,))


def _deprecated_kinds(item: Declared, _rules: Rules) -> Iterator[Fault]:
    moved = _DEPRECATED.get((item.identity.group, item.identity.kind))
    if moved:
        text = f"The kind {item.identity.kind} has left the group extensions. Use the group {moved}."
        yield Fault("1050", text, (item.site,))


def _name(item: Declared, _rules: Rules) -> Iterator[Fault]:
    name = item.identity.name
    if item.identity.group in _PATH_NAMES:
        good = name not in (".", "..") and "/" not in name and "%" not in name
    else:
        good = bool(_SUBDOMAIN.fullmatch(name)) and len(name) <= 253
    if not good:
        text = f'metadata.name "{name}" is not a valid name: lower case letters, digits, `-` and `.` are.'
        yield Fault("1036", text, (item.site,))


def _namespace(item: Declared, rules: Rules) -> Iterator[Fault]:
    namespace = item.identity.namespace
    if namespace and (not _LABEL.fullmatch(namespace) or len(namespace) > 63):
        text = f'metadata.namespace "{namespace}" is not a valid namespace.'
        yield Fault("1055", text, (item.site,))
    if rules.strict and is_namespace(item.identity) and item.identity.name == SYSTEM_NAMESPACE:
        yield Fault("1034", f"The namespace {SYSTEM_NAMESPACE} must not be declared.", (item.site,))


def _managed_annotation(item: Declared, _rules: Rules) -> Iterator[Fault]:
    value = item.annotations.get(MANAGED, "disabled")
    if value != "disabled":
        text = f'Config has invalid management annotation {MANAGED}={value}. If set, the value must be "disabled".'
        yield Fault("1005", text, (item.site,))


def _definitions(item: Declared, rules: Rules) -> Iterator[Fault]:
    if not is_definition(item.identity):
        return
    spec = item.obj().get("spec")
    if not isinstance(spec, dict) or not isinstance(spec.get("names"), dict):
        yield Fault("1065", "The CustomResourceDefinition has no spec.names.", (item.site,))
        return
    expected = f"{spec['names'].get('plural')}.{spec.get('group')}"
    if item.identity.name != expected:
        text = f"The CustomResourceDefinition has to be named {expected}, after its plural and group."
        yield Fault("1048", text, (item.site,))
    if rules.strict and spec.get("group") in OWN_GROUPS:
        yield Fault("1043", "Config Sync cannot sync its own CustomResourceDefinitions.", (item.site,))


def _itself(item: Declared, rules: Rules) -> Iterator[Fault]:
    if rules.strict and is_root_sync(item.identity, rules.root_sync):
        text = f"RootSync {SYSTEM_NAMESPACE}/{rules.root_sync} must not manage itself in its own repository."
        yield Fault("1069", text, (item.site,))


def _disallowed_fields(item: Declared, _rules: Rules) -> Iterator[Fault]:
    obj = item.obj()
    if obj.get("status"):
        text = 'Configs with "status" specified are not allowed. To fix, either remove the config or its status.'
        yield Fault("1045", text, (item.site,))
    for name in (*_FORBIDDEN_METADATA, *_FORBIDDEN_METADATA_TOO):
        if obj["metadata"].get(name):
            text = f'Configs with "metadata.{name}" specified are not allowed. To fix, remove the field.'
            yield Fault("1045", text, (item.site,))


def _selectors(item: Declared, _rules: Rules) -> Iterator[Fault]:
    if item.identity.kind in _SELECTOR_KINDS and item.identity.group in _SELECTOR_GROUPS:
        text = f"This agent knows no {item.identity.kind}. Choose clusters with the annotation {CLUSTER_NAME_SELECTOR}."
        yield Fault("1014", text, (item.site,))
    for key in _SELECTOR_ANNOTATIONS:
        if key in item.annotations:
            text = f"The annotation {key} names a selector that this agent does not know."
            yield Fault("1013", text, (item.site,))


_ALL: tuple[Callable[[Declared, Rules], Iterator[Fault]], ...] = (
    _reserved_annotations,
    _reserved_labels,
    _hierarchical_kinds,
    _deprecated_kinds,
    _name,
    _namespace,
    _managed_annotation,
    _definitions,
    _itself,
    _disallowed_fields,
    _selectors,
)


def mistakes(item: Declared, rules: Rules) -> Iterator[Fault]:
    """Every mistake of one object; a strict agent also finds what Config Sync refuses of its own manifests."""
    for validator in _ALL:
        yield from validator(item, rules)


def is_root_sync(identity: Identity, name: str) -> bool:
    """Whether the object is the RootSync of that name."""
    return (identity.group, identity.kind, identity.name) == ("configsync.gke.io", "RootSync", name)
