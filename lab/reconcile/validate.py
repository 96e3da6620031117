"""What a commit may declare: Config Sync's validators, in its stages, with its codes.

All validators of a stage run and their faults add up; a stage with a blocking fault ends the work. Source: Config
Sync, validation of unstructured sources. Where `strict` is false, the agent's own manifests are accepted, which
Config Sync refuses; `Checked.notes` then says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.reconcile.declared import MANAGED, Declared, declare
from lab.reconcile.faults import Fault
from lab.reconcile.identity import Identity
from lab.reconcile.metadata import SYSTEM_NAMESPACE

Scopes = Mapping[tuple[str, str], bool]
"""(apiVersion, kind) to whether the kind is namespaced; what the cluster does not serve is missing."""

CLUSTER_NAME_SELECTOR = "configsync.gke.io/cluster-name-selector"
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
_OWN_GROUPS = frozenset({"configsync.gke.io", "configmanagement.gke.io"})
_DEPRECATED = {
    ("extensions", "DaemonSet"): "apps",
    ("extensions", "Deployment"): "apps",
    ("extensions", "ReplicaSet"): "apps",
    ("extensions", "NetworkPolicy"): "networking.k8s.io",
    ("extensions", "Ingress"): "networking.k8s.io",
    ("extensions", "PodSecurityPolicy"): "policy",
}
_ALWAYS_THERE = frozenset({SYSTEM_NAMESPACE, "default", "kube-system", "kube-public", "kube-node-lease"})
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


@dataclass(frozen=True, slots=True)
class Checked:
    """The objects to work with. With a blocking fault there are none. `notes` are (KNV code, sentence) pairs."""

    declared: tuple[Declared, ...]
    faults: tuple[Fault, ...]
    notes: tuple[tuple[str, str], ...] = ()


def kinds_of(declared: Sequence[Declared]) -> frozenset[tuple[str, str]]:
    """The (apiVersion, kind) pairs whose scope has to be known."""
    return frozenset((item.api_version, item.identity.kind) for item in declared)


def scopes_of_definitions(declared: Sequence[Declared]) -> dict[tuple[str, str], bool]:
    """The scopes of kinds that CustomResourceDefinitions of the same commit bring."""
    scopes: dict[tuple[str, str], bool] = {}
    for item in declared:
        if is_definition(item.identity) and not item.disabled:
            spec = item.obj().get("spec") or {}
            kind = str((spec.get("names") or {}).get("kind") or "")
            for version in spec.get("versions") or []:
                if isinstance(version, dict) and version.get("served", True):
                    scopes[f"{spec.get('group')}/{version.get('name')}", kind] = spec.get("scope") == "Namespaced"
    return scopes


def is_definition(identity: Identity) -> bool:
    """Whether the object is a CustomResourceDefinition."""
    return (identity.group, identity.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition")


def check(declared: Sequence[Declared], scopes: Scopes, rules: Rules) -> Checked:
    """Every stage in order. Faults that do not block (KNV1021) leave their objects out and let the others pass."""
    faults = [fault for item in declared for validator in _RAW for fault in validator(item, rules)]
    if faults:
        return Checked((), tuple(faults))
    selected = [item for item in declared if _selected(item, rules)]
    kept, notes = _without_itself(selected, rules)
    known = {**scopes_of_definitions(kept), **scopes}
    unknown = [_unknown_kind(item) for item in kept if (item.api_version, item.identity.kind) not in known]
    scoped: list[Declared] = []
    for item in kept:
        namespaced = known.get((item.api_version, item.identity.kind))
        if namespaced is None:
            continue
        if not namespaced and item.identity.namespace:
            text = "Cluster-scoped configs MUST NOT set metadata.namespace."
            faults.append(Fault("1052", text, (item.site,)))
        elif namespaced and not item.identity.namespace:
            scoped.append(item.in_namespace("default"))
        else:
            scoped.append(item)
    faults = faults or [*_collisions(scoped), *_in_released_namespaces(scoped)]
    if faults:
        return Checked((), (*unknown, *faults))
    if rules.implicit_namespaces:
        scoped += implicit_namespaces(scoped)
    return Checked(tuple(scoped), tuple(unknown), notes)


def implicit_namespaces(declared: Sequence[Declared]) -> list[Declared]:
    """The namespaces that objects need and nothing declares, each in the package of the first object that needs it.

    An object that is given up needs none. Source: Config Sync, namespace strategy `implicit`.
    """
    present = {item.identity.name for item in declared if is_namespace(item.identity)}
    found: dict[str, Declared] = {}
    for item in declared:
        namespace = item.identity.namespace
        if namespace and namespace not in present and namespace not in _ALWAYS_THERE and not item.disabled:
            obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            found.setdefault(namespace, declare(obj, package=item.package, implicit=True))
    return list(found.values())


def is_namespace(identity: Identity) -> bool:
    """Whether the object is a Namespace."""
    return not identity.group and identity.kind == "Namespace"


# -- raw: one object at a time -------------------------------------------------------------------------------


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
    if rules.strict and spec.get("group") in _OWN_GROUPS:
        yield Fault("1043", "Config Sync cannot sync its own CustomResourceDefinitions.", (item.site,))


def _itself(item: Declared, rules: Rules) -> Iterator[Fault]:
    if rules.strict and _is_root_sync(item.identity, rules.root_sync):
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


_RAW: tuple[Callable[[Declared, Rules], Iterator[Fault]], ...] = (
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


# -- selection, scope and the whole --------------------------------------------------------------------------


def _selected(item: Declared, rules: Rules) -> bool:
    wanted = item.annotations.get(CLUSTER_NAME_SELECTOR)
    if wanted is None:
        return True
    return rules.cluster.lower() in {name.strip().lower() for name in wanted.split(",") if name.strip()}


def _is_root_sync(identity: Identity, name: str) -> bool:
    return (identity.group, identity.kind, identity.name) == ("configsync.gke.io", "RootSync", name)


def _without_itself(declared: Sequence[Declared], rules: Rules) -> tuple[list[Declared], tuple[tuple[str, str], ...]]:
    """Leave the RootSync that is being served to the hands that applied it, and note what upstream would refuse."""
    notes: list[tuple[str, str]] = []
    kept: list[Declared] = []
    for item in declared:
        if _is_root_sync(item.identity, rules.root_sync):
            notes.append(("1069", f"{item.file} declares the very RootSync that reads it; it is left as it is."))
            continue
        if is_namespace(item.identity) and item.identity.name == SYSTEM_NAMESPACE:
            notes.append(("1034", f"{item.file} declares {SYSTEM_NAMESPACE}; Config Sync itself refuses that."))
        if is_definition(item.identity) and item.identity.name.partition(".")[2] in _OWN_GROUPS:
            notes.append(("1043", f"{item.file} declares Config Sync's own kind {item.identity.name}."))
        kept.append(item)
    return kept, tuple(notes)


def _unknown_kind(item: Declared) -> Fault:
    name = f"{item.identity.kind}.{item.identity.group}" if item.identity.group else item.identity.kind
    text = (
        f'No CustomResourceDefinition is defined for the type "{name}" in the cluster.\n'
        "Resource types that are not native Kubernetes objects must have a CustomResourceDefinition. Config Sync will "
        "retry until a CustomResourceDefinition is defined for this type."
    )
    return Fault("1021", text, (item.site,))


def _collisions(declared: Sequence[Declared]) -> Iterator[Fault]:
    seen: dict[Identity, list[Declared]] = defaultdict(list)
    for item in declared:
        seen[item.identity].append(item)
    for identity, items in seen.items():
        if len(items) > 1:
            text = f"{identity.described} is declared {len(items)} times. Declare every object once."
            yield Fault("1029", text, tuple(item.site for item in items))


def _in_released_namespaces(declared: Sequence[Declared]) -> Iterator[Fault]:
    released = {item.identity.name: item for item in declared if is_namespace(item.identity) and item.disabled}
    for item in declared:
        namespace = released.get(item.identity.namespace)
        if namespace is not None and not item.disabled:
            text = f"Managed resources must not be declared in the unmanaged Namespace {namespace.identity.name}."
            yield Fault("1056", text, (item.site, namespace.site))
