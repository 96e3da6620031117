"""The ResourceGroup of a RootSync: the memory from which pruning lives, and how each object does.

Source: kpt.dev/v1alpha1 ResourceGroup as Config Sync writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.reconcile.declared import MANAGED
from lab.reconcile.health import Health
from lab.reconcile.identity import Identity
from lab.reconcile.metadata import MANAGED_BY, MANAGED_BY_VALUE, SYSTEM_NAMESPACE, TOKEN

_RECONCILE = {
    Health.CURRENT: "Succeeded",
    Health.IN_PROGRESS: "Pending",
    Health.FAILED: "Failed",
    Health.TERMINATING: "Failed",
    Health.NOT_FOUND: "Failed",
    Health.UNKNOWN: "Pending",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One object of the inventory. `actuation` and `strategy` are cli-utils' words; `commit` is the object's token."""

    identity: Identity
    strategy: str = "Apply"
    actuation: str = "Succeeded"
    health: Health = Health.UNKNOWN
    commit: str = ""

    @property
    def reconcile(self) -> str:
        """The word for what became of it, derived from actuation and health."""
        if self.actuation in ("Skipped", "Failed"):
            return "Skipped"
        if self.actuation == "Pending" or self.strategy == "Delete":
            return "Pending"
        return _RECONCILE[self.health]

    def as_status(self) -> dict[str, Any]:
        """The item of `status.resourceStatuses`."""
        shown = self.health
        if self.actuation != "Succeeded" and shown not in (Health.NOT_FOUND, Health.TERMINATING):
            shown = Health.UNKNOWN
        found = {
            **as_reference(self.identity),
            "status": shown.value,
            "strategy": self.strategy,
            "actuation": self.actuation,
            "reconcile": self.reconcile,
        }
        return {**found, "sourceHash": self.commit[:7]} if self.commit else found


def as_reference(identity: Identity) -> dict[str, str]:
    """The item of `spec.resources`: no version, because objects outlive versions."""
    return {
        "group": identity.group,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
    }


def inventory_of(resource_group: Mapping[str, Any] | None) -> list[Identity]:
    """What a ResourceGroup remembers; nothing when there is none."""
    items = ((resource_group or {}).get("spec") or {}).get("resources") or []
    return [
        Identity(str(item["group"]), str(item["kind"]), str(item["namespace"]), str(item["name"])) for item in items
    ]


def resource_group(root_sync: str, identities: Iterable[Identity], status_mode: str) -> dict[str, Any]:
    """The ResourceGroup of a RootSync, as it is applied."""
    return {
        "apiVersion": "kpt.dev/v1alpha1",
        "kind": "ResourceGroup",
        "metadata": {
            "name": root_sync,
            "namespace": SYSTEM_NAMESPACE,
            "labels": {
                "cli-utils.sigs.k8s.io/inventory-id": f"{SYSTEM_NAMESPACE}_{root_sync}",
                MANAGED_BY: MANAGED_BY_VALUE,
                "configsync.gke.io/sync-namespace": SYSTEM_NAMESPACE,
                "configsync.gke.io/sync-name": root_sync,
                "configsync.gke.io/sync-kind": "RootSync",
            },
            "annotations": {MANAGED: "enabled", "configsync.gke.io/status": status_mode},
        },
        "spec": {"resources": [as_reference(identity) for identity in sorted(identities)]},
    }


def group_status(rows: Sequence[Row], generation: int, now: str) -> dict[str, Any]:
    """The ResourceGroup's status: a row per object, and whether some are failing."""
    failing = [row.identity for row in rows if row.reconcile == "Failed" or row.health is Health.FAILED]
    names = ", ".join(f"{who.group}/{who.kind}/{who.namespace}/{who.name}" for who in failing)
    stalled = _condition("Stalled", now, "ComponentFailed", names) if failing else None
    return {
        "observedGeneration": generation,
        "resourceStatuses": [row.as_status() for row in sorted(rows, key=lambda row: row.identity)],
        "conditions": [
            _condition("Reconciling", now, "FinishReconciling", "finish reconciling", status="False"),
            stalled or _condition("Stalled", now, "FinishReconciling", "finish reconciling", status="False"),
        ],
    }


def commit_of(live: Mapping[str, Any]) -> str:
    """The commit that a live object was last applied from."""
    return str(((live.get("metadata") or {}).get("annotations") or {}).get(TOKEN) or "")


def _condition(kind: str, now: str, reason: str, message: str, *, status: str = "True") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": now}
