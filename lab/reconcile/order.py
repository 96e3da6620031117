"""In which order objects are applied, and in which they are removed.

Dependencies make phases; inside a phase the kind decides. Source: cli-utils, dependency graph and object ordering.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lab.reconcile.declared import DEPENDS_ON, Declared
from lab.reconcile.faults import Fault
from lab.reconcile.identity import Identity, is_definition, is_namespace, parse_reference
from lab.reconcile.validate import scopes_of_definitions

_FIRST = (
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "MutatingWebhookConfiguration",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "PriorityClass",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)
_LAST = ("ValidatingWebhookConfiguration",)
_RANK = {kind: rank for rank, kind in enumerate(_FIRST)} | {
    kind: 2 * len(_FIRST) + rank for rank, kind in enumerate(_LAST)
}

Edges = Mapping[Identity, frozenset[Identity]]
"""Each object to those that have to be there before it."""


def rank(identity: Identity) -> tuple[int, str, str, str, str]:
    """The sort key inside a phase: known kinds first, the others by group and kind, then by namespace and name."""
    place = _RANK.get(identity.kind)
    if place is None:
        return (len(_FIRST), identity.group, identity.kind, identity.namespace, identity.name)
    return (place, "", "", identity.namespace, identity.name)


def dependencies(declared: Sequence[Declared]) -> tuple[Edges, tuple[Fault, ...]]:
    """What each object needs, inferred and explicit, and what is wrong with the explicit ones (KNV2009).

    A custom resource needs its definition, a namespaced object its Namespace, where these are declared too.
    """
    known = {item.identity for item in declared}
    namespaces = {item.identity.name: item.identity for item in declared if is_namespace(item.identity)}
    definitions = _definitions_by_kind(declared)
    edges: dict[Identity, frozenset[Identity]] = {}
    faults: list[Fault] = []
    for item in declared:
        needs: set[Identity] = set()
        who = item.identity
        if who.namespace in namespaces:
            needs.add(namespaces[who.namespace])
        if (who.group, who.kind) in definitions:
            needs.add(definitions[who.group, who.kind])
        for text in _explicit(item):
            other = parse_reference(text)
            if other is None or other not in known:
                faults.append(_external(item, text))
            else:
                needs.add(other)
        edges[who] = frozenset(needs)
    return edges, tuple(faults)


def phases(edges: Edges) -> tuple[list[list[Identity]], Fault | None]:
    """Groups to be applied one after the other, each in its order; with a cycle, none and the fault (KNV2009)."""
    waiting = dict(edges)
    done: set[Identity] = set()
    found: list[list[Identity]] = []
    while waiting:
        ready = [identity for identity, needs in waiting.items() if needs <= done]
        if not ready:
            return [], _cyclic(waiting)
        found.append(sorted(ready, key=rank))
        done.update(ready)
        for identity in ready:
            del waiting[identity]
    return found, None


def removal(identities: Iterable[Identity], edges: Edges | None = None) -> list[Identity]:
    """The order of removal: that of application turned round.

    Of objects that are no longer declared nothing but their identity is known: what lives in a namespace goes before
    the namespace, custom resources before definitions.
    """
    going = set(identities)
    if edges is None:
        namespaces = {who.name: who for who in going if is_namespace(who)}
        definitions = [who for who in going if is_definition(who)]
        edges = {who: _needs_by_identity(who, namespaces, definitions) for who in going}
    groups, cycle = phases({who: edges.get(who, frozenset()) & going for who in going})
    if cycle is not None:
        return sorted(going, key=rank, reverse=True)
    return [who for group in reversed(groups) for who in reversed(group)]


def _needs_by_identity(
    who: Identity, namespaces: Mapping[str, Identity], definitions: Iterable[Identity]
) -> frozenset[Identity]:
    needs = {namespaces[who.namespace]} if who.namespace in namespaces else set()
    needs.update(other for other in definitions if other.name.partition(".")[2] == who.group and other != who)
    return frozenset(needs)


def _definitions_by_kind(declared: Sequence[Declared]) -> dict[tuple[str, str], Identity]:
    found: dict[tuple[str, str], Identity] = {}
    for item in declared:
        if is_definition(item.identity):
            for api_version, kind in scopes_of_definitions([item]):
                found[api_version.rpartition("/")[0], kind] = item.identity
    return found


def _explicit(item: Declared) -> list[str]:
    return [text.strip() for text in item.annotations.get(DEPENDS_ON, "").split(",") if text.strip()]


def _external(item: Declared, text: str) -> Fault:
    return Fault(
        "2009",
        f'invalid object: "{item.identity.inventory_id}": invalid "{DEPENDS_ON}" annotation: external dependency: '
        f"{item.identity.reference} -> {text}",
    )


def _cyclic(waiting: Edges) -> Fault:
    stuck = _core(waiting)
    names = ", ".join(f'"{who.inventory_id}"' for who in sorted(stuck))
    arrows = "; ".join(
        f"{who.reference} -> {other.reference}"
        for who in sorted(stuck)
        for other in sorted(stuck[who])
        if other in stuck
    )
    return Fault("2009", f"invalid objects: [{names}] cyclic dependency: {arrows}")


def _core(waiting: Edges) -> Edges:
    """The objects on a cycle: those left when what nobody waits for is taken away again and again."""
    left = dict(waiting)
    while True:
        needed = {other for who, needs in left.items() for other in needs if other in left}
        idle = [who for who in left if who not in needed]
        if not idle:
            return left
        for who in idle:
            del left[who]
