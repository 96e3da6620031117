"""What a commit may declare: Config Sync's validators, in its stages, with its codes.

All validators of a stage run and their faults add up; a stage with a blocking fault ends the work. Source: Config
Sync, validation of unstructured sources. Where `strict` is false, the agent's own manifests are accepted, which
Config Sync refuses; `Checked.notes` then says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.reconcile.declared import Declared, declare
from lab.reconcile.faults import Fault
from lab.reconcile.identity import Identity, is_definition, is_namespace
from lab.reconcile.metadata import SYSTEM_NAMESPACE
from lab.reconcile.mistakes import CLUSTER_NAME_SELECTOR, OWN_GROUPS, Rules, is_root_sync, mistakes

Scopes = Mapping[tuple[str, str], bool]
"""(apiVersion, kind) to whether the kind is namespaced; what the cluster does not serve is missing."""

_ALWAYS_THERE = frozenset({SYSTEM_NAMESPACE, "default", "kube-system", "kube-public", "kube-node-lease"})


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


def check(declared: Sequence[Declared], scopes: Scopes, rules: Rules) -> Checked:
    """Every stage in order. Faults that do not block (KNV1021) leave their objects out and let the others pass."""
    faults = [fault for item in declared for fault in mistakes(item, rules)]
    if faults:
        return Checked((), tuple(faults))
    selected = [item for item in declared if _selected(item, rules)]
    kept, notes = _without_itself(selected, rules)
    known = {**scopes_of_definitions(kept), **scopes}
    unknown = [_unknown_kind(item) for item in kept if (item.api_version, item.identity.kind) not in known]
    scoped, faults = _scoped(kept, known)
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


# -- selection, scope and the whole --------------------------------------------------------------------------


def _selected(item: Declared, rules: Rules) -> bool:
    wanted = item.annotations.get(CLUSTER_NAME_SELECTOR)
    if wanted is None:
        return True
    return rules.cluster.lower() in {name.strip().lower() for name in wanted.split(",") if name.strip()}


def _without_itself(declared: Sequence[Declared], rules: Rules) -> tuple[list[Declared], tuple[tuple[str, str], ...]]:
    """Leave the RootSync that is being served to the hands that applied it, and note what upstream would refuse."""
    notes: list[tuple[str, str]] = []
    kept: list[Declared] = []
    for item in declared:
        if is_root_sync(item.identity, rules.root_sync):
            notes.append(("1069", f"{item.file} declares the very RootSync that reads it; it is left as it is."))
            continue
        if is_namespace(item.identity) and item.identity.name == SYSTEM_NAMESPACE:
            notes.append(("1034", f"{item.file} declares {SYSTEM_NAMESPACE}; Config Sync itself refuses that."))
        if is_definition(item.identity) and item.identity.name.partition(".")[2] in OWN_GROUPS:
            notes.append(("1043", f"{item.file} declares Config Sync's own kind {item.identity.name}."))
        kept.append(item)
    return kept, tuple(notes)


def _scoped(declared: Sequence[Declared], known: Scopes) -> tuple[list[Declared], list[Fault]]:
    """Objects of known kinds in their namespaces, and those that name one though their kind has none (KNV1052)."""
    scoped: list[Declared] = []
    faults: list[Fault] = []
    for item in declared:
        namespaced = known.get((item.api_version, item.identity.kind))
        if namespaced is False and item.identity.namespace:
            text = "Cluster-scoped configs MUST NOT set metadata.namespace."
            faults.append(Fault("1052", text, (item.site,)))
        elif namespaced and not item.identity.namespace:
            scoped.append(item.in_namespace("default"))
        elif namespaced is not None:
            scoped.append(item)
    return scoped, faults


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
