"""Declared, live and inventory become a plan: what is created, changed, left, released and removed.

Source: Config Sync and cli-utils: apply set, prune set, adoption, management switches, safety guard.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lab.reconcile.declared import DELETION, ON_REMOVE, Declared
from lab.reconcile.drift import differences, matters
from lab.reconcile.faults import Fault
from lab.reconcile.identity import Identity, is_definition, is_namespace
from lab.reconcile.metadata import OWNING_INVENTORY, SYSTEM_NAMESPACE, Mark, manager_of, marked
from lab.reconcile.order import dependencies, phases, removal
from lab.reconcile.validate import scopes_of_definitions

Live = Mapping[Identity, Mapping[str, Any]]
"""Live objects by identity; an object that does not exist is missing."""

_NEVER_DELETED = frozenset({"default", "kube-system", "kube-public", "kube-node-lease", "gatekeeper-system"})
_AGENT = frozenset(
    {
        Identity("", "Namespace", "", SYSTEM_NAMESPACE),
        Identity("", "ServiceAccount", SYSTEM_NAMESPACE, "reconciler-manager"),
        Identity("apps", "Deployment", SYSTEM_NAMESPACE, "reconciler-manager"),
        Identity("rbac.authorization.k8s.io", "ClusterRoleBinding", "", "configsync.gke.io:reconciler-manager"),
        Identity("apiextensions.k8s.io", "CustomResourceDefinition", "", "rootsyncs.configsync.gke.io"),
        Identity("apiextensions.k8s.io", "CustomResourceDefinition", "", "resourcegroups.kpt.dev"),
    }
)
"""What the agent itself stands on: a commit that drops it from Git leaves it on the cluster."""


class Action(StrEnum):
    """What the plan does with one object."""

    CREATE = "created"
    CONFIGURE = "configured"
    UNCHANGED = "unchanged"
    MARK_ONLY = "marked"
    DELETE = "deleted"
    RELEASE = "released"
    SKIP = "skipped"


@dataclass(frozen=True, slots=True)
class Change:
    """One object of the plan; `declared` is None for what left the commit, `reason` tells why where it is special."""

    action: Action
    identity: Identity
    declared: Declared | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """`apply` are phases in order, `prune` removals and releases in order, `needs` the edges among what is applied."""

    apply: tuple[tuple[Change, ...], ...]
    prune: tuple[Change, ...]
    skipped: tuple[Change, ...]
    needs: Mapping[Identity, frozenset[Identity]]
    inventory: tuple[Identity, ...]
    """What is remembered when everything succeeds."""

    def counts(self) -> dict[str, int]:
        """How many objects per action that occurs."""
        found: dict[str, int] = {}
        for change in (*(one for phase in self.apply for one in phase), *self.prune, *self.skipped):
            found[change.action.value] = found.get(change.action.value, 0) + 1
        return found

    @property
    def idle(self) -> bool:
        """Whether nothing but the commit's own mark would change."""
        same = {Action.UNCHANGED, Action.MARK_ONLY}
        return not self.prune and all(change.action in same for phase in self.apply for change in phase)


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, or the faults that forbid one."""

    changes: ChangeSet | None
    faults: tuple[Fault, ...] = ()


def plan(declared: Sequence[Declared], live: Live, inventory: Collection[Identity], mark: Mark, commit: str) -> Planned:
    """What to do so that the cluster is as declared. `inventory` is what was applied the last time.

    Faults are KNV2006 (every Namespace would go), KNV1047 (a definition would go while its objects stay) and KNV2009
    (dependencies that cannot be met).
    """
    faults = [*all_namespaces_gone(inventory, declared), *definitions_gone(declared, live, inventory)]
    edges, wrong = dependencies([item for item in declared if not item.disabled])
    groups, cycle = phases(edges) if not wrong else ([], None)
    faults += [*wrong, *([cycle] if cycle else [])]
    if faults:
        return Planned(None, tuple(faults))
    changes = {item.identity: _for_declared(item, live.get(item.identity), mark, commit) for item in declared}
    doomed = set(inventory) - set(changes)
    pruned = [_for_doomed(who, live, declared, mark) for who in removal(doomed)]
    released = [change for change in changes.values() if change.action is Action.RELEASE]
    skipped = [change for change in (*changes.values(), *pruned) if change.action is Action.SKIP]
    idle = (Action.SKIP, Action.RELEASE)
    applied = tuple(tuple(changes[who] for who in group if changes[who].action not in idle) for group in groups)
    kept = [change.identity for change in pruned if change.action is Action.SKIP and change.reason]
    remembered = [*(change.identity for phase in applied for change in phase), *kept]
    removed = tuple(change for change in pruned if change.action is not Action.SKIP)
    return Planned(
        ChangeSet(
            tuple(phase for phase in applied if phase), (*removed, *released), tuple(skipped), edges, tuple(remembered)
        )
    )


def all_namespaces_gone(inventory: Collection[Identity], declared: Sequence[Declared]) -> list[Fault]:
    """KNV2006 when a commit would remove every Namespace and there are at least two.

    Config Sync compares with what it declared last and forgets that at a restart; the inventory does not forget.
    """
    before = sorted(who.name for who in inventory if is_namespace(who))
    if len(before) < 2 or any(is_namespace(item.identity) for item in declared):
        return []
    text = (
        f"New commit would delete all Namespaces [{' '.join(before)}]. If this is not a mistake, follow directions for "
        "safely deleting all Namespaces."
    )
    return [Fault("2006", text)]


def definitions_gone(declared: Sequence[Declared], live: Live, inventory: Collection[Identity]) -> list[Fault]:
    """KNV1047 for each definition that leaves while objects of its kind are still declared."""
    kept = {item.identity for item in declared}
    kinds = {(item.identity.group, item.identity.kind): item for item in declared}
    faults = []
    for who in inventory:
        if not is_definition(who) or who in kept or who not in live:
            continue
        spec = live[who].get("spec") or {}
        needed = kinds.get((str(spec.get("group")), str((spec.get("names") or {}).get("kind"))))
        known = scopes_of_definitions(declared)
        if needed is not None and (needed.api_version, needed.identity.kind) not in known:
            text = (
                f"Custom Resources MUST be removed in the same commit as their CustomResourceDefinition {who.name}; "
                f"{needed.identity.described} is still declared."
            )
            faults.append(Fault("1047", text, (needed.site,)))
    return faults


def _for_declared(item: Declared, live: Mapping[str, Any] | None, mark: Mark, commit: str) -> Change:
    who = item.identity
    if item.disabled:
        ours = live is not None and manager_of(live) == mark.manager
        return Change(Action.RELEASE if ours else Action.SKIP, who, item, "" if ours else "management is disabled")
    if live is None:
        return Change(Action.CREATE, who, item)
    if item.implicit and manager_of(live) != mark.manager:
        return Change(Action.SKIP, who, item, "the namespace was there before")
    if item.mutation_ignored:
        return Change(Action.MARK_ONLY, who, item, "changes are ignored")
    found = [path for path in differences(marked(item, mark, commit), live) if matters(path)]
    return Change(Action.CONFIGURE if found else Action.UNCHANGED, who, item)


def _for_doomed(who: Identity, live: Live, declared: Sequence[Declared], mark: Mark) -> Change:
    obj = live.get(who)
    if obj is None:
        return Change(Action.SKIP, who)
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    owner = annotations.get(OWNING_INVENTORY, mark.inventory)
    if owner != mark.inventory:
        return Change(Action.SKIP, who)
    if annotations.get(DELETION) == "detach" or annotations.get(ON_REMOVE) == "keep":
        return Change(Action.RELEASE, who, reason="it is marked to be kept")
    if who in _AGENT or (is_namespace(who) and who.name in _NEVER_DELETED):
        return Change(Action.RELEASE, who, reason="it is never deleted")
    if is_namespace(who) and any(item.identity.namespace == who.name and not item.disabled for item in declared):
        return Change(Action.SKIP, who, reason=f"namespace still in use: {who.name}")
    return Change(Action.DELETE, who)
