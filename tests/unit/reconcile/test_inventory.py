"""The ResourceGroup as it is written and read."""

from __future__ import annotations

from lab.reconcile.health import Health
from lab.reconcile.identity import Identity
from lab.reconcile.inventory import Row, group_status, inventory_of, resource_group

UPF = Identity("apps", "Deployment", "ran", "upf")
RAN = Identity("", "Namespace", "", "ran")


def test_inventory_reads_back() -> None:
    """What is written is what is remembered, in order, with the labels that tie it to its RootSync."""
    group = resource_group("edge", [UPF, RAN], "enabled")
    assert inventory_of(group) == [RAN, UPF]
    labels = group["metadata"]["labels"]
    assert labels["cli-utils.sigs.k8s.io/inventory-id"] == "config-management-system_edge"
    assert inventory_of(None) == []


def test_rows_tell_what_became_of_an_object() -> None:
    """Health decides where applying succeeded; a failed object is Skipped and Unknown."""
    assert shown(Row(UPF, health=Health.CURRENT)) == ("Current", "Succeeded")
    assert shown(Row(UPF, health=Health.IN_PROGRESS)) == ("InProgress", "Pending")
    assert shown(Row(UPF, health=Health.FAILED)) == ("Failed", "Failed")
    assert shown(Row(UPF, actuation="Failed", health=Health.CURRENT)) == ("Unknown", "Skipped")
    assert shown(Row(UPF, actuation="Failed", health=Health.NOT_FOUND)) == ("NotFound", "Skipped")


def shown(row: Row) -> tuple[str, str]:
    """Status and reconcile of a row."""
    status = row.as_status()
    return status["status"], status["reconcile"]


def test_hash_is_the_short_commit() -> None:
    """The row carries the first seven digits of the object's commit."""
    assert Row(UPF, commit="c0ffee1234").as_status()["sourceHash"] == "c0ffee1"
    assert "sourceHash" not in Row(UPF).as_status()


def test_failing_members_stall_the_group() -> None:
    """The group says which of its members fail."""
    rows = [Row(UPF, health=Health.FAILED), Row(RAN, health=Health.CURRENT)]
    status = group_status(rows, 3, "2030-01-01T00:00:00Z")
    assert status["observedGeneration"] == 3
    conditions = {item["type"]: item for item in status["conditions"]}
    assert (
        conditions["Stalled"]["status"],
        conditions["Stalled"]["reason"],
        conditions["Stalled"]["message"],
    ) == ("True", "ComponentFailed", "apps/Deployment/ran/upf")
    healthy = {item["type"]: item["status"] for item in group_status(rows[1:], 3, "")["conditions"]}
    assert healthy == {"Reconciling": "False", "Stalled": "False"}
