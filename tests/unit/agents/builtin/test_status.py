"""The status of a RootSync as a document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.agents.builtin.status import Stage, SyncState, document, resumed
from lab.agents.builtin.sync_spec import read_spec
from lab.reconcile.faults import Fault

GIT = {"repo": "http://git/x.git", "branch": "main", "auth": "none"}
META = {"name": "root-sync", "namespace": "config-management-system", "generation": 2}
SPEC = read_spec({"metadata": META, "spec": {"git": GIT}}, period_default=15.0)
GOOD = SyncState(
    source=Stage("c1", touched=True),
    rendering=Stage("c1", message="Rendering skipped", touched=True),
    sync=Stage("c1", touched=True),
    phase="Sync",
    last_synced="c1",
)


def conditions(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Conditions by type."""
    return {item["type"]: item for item in found["conditions"]}


def test_healthy_status() -> None:
    """Three stages at one commit with empty summaries, Syncing False, lastSyncedCommit, SYNCED."""
    found = document(GOOD, SPEC, {}, "t1")
    git = {"repo": "http://git/x.git", "revision": "HEAD", "branch": "main", "dir": "."}
    assert {"gitStatus": git, "errorSummary": {}, "commit": "c1", "lastUpdate": "t1"} == found["sync"]
    assert found["rendering"]["message"] == "Rendering skipped"
    assert (found["lastSyncedCommit"], found["observedGeneration"], found["reconciler"]) == ("c1", 2, "root-reconciler")
    syncing = conditions(found)["Syncing"]
    assert (
        syncing["status"],
        syncing["reason"],
        syncing["message"],
        syncing["commit"],
    ) == ("False", "Sync", "Sync Completed", "c1")
    assert list(conditions(found)) == ["Reconciling", "Syncing"]
    assert GOOD.word == "SYNCED"


def test_untouched_stages_have_no_time() -> None:
    """Before anything was read the stages exist without content."""
    found = document(SyncState(), SPEC, {}, "t1")
    assert [found[name] for name in ("source", "rendering", "sync")] == [{"lastUpdate": None}] * 3
    assert SyncState().word == "PENDING"


def test_fetch_failure() -> None:
    """A failed fetch leaves the source without a commit, and the other stages as they were."""
    state = replace(GOOD, source=Stage("", (Fault("2004", "gone"),), touched=True), phase="Source")
    found = document(state, SPEC, document(GOOD, SPEC, {}, "t1"), "t2")
    assert "commit" not in found["source"]
    assert found["source"]["errorSummary"] == {"totalCount": 1, "errorCountAfterTruncation": 1}
    assert (found["sync"]["commit"], found["sync"]["lastUpdate"]) == ("c1", "t1")
    syncing = conditions(found)["Syncing"]
    assert (syncing["errorSourceRefs"], syncing["message"]) == (["status.source.errors"], "Source")
    assert "commit" not in syncing
    assert state.word == "ERROR"


def test_times_move_with_changes_only() -> None:
    """The same status written later is the same document; a changed condition keeps its transition time."""
    first = document(GOOD, SPEC, {}, "t1")
    assert first == document(GOOD, SPEC, first, "t2")
    busy = document(replace(GOOD, busy=True), SPEC, first, "t2")
    assert (
        conditions(busy)["Syncing"]["lastTransitionTime"],
        conditions(busy)["Syncing"]["lastUpdateTime"],
    ) == ("t2", "t2")
    moved = document(replace(GOOD, sync=Stage("c2", touched=True)), SPEC, first, "t3")
    assert (
        conditions(moved)["Syncing"]["lastTransitionTime"],
        conditions(moved)["Syncing"]["lastUpdateTime"],
    ) == ("t1", "t3")


def test_stalled_drops_syncing_and_clears_to_false() -> None:
    """A RootSync that cannot be served shows only why; later the condition stays as False."""
    stalled = document(replace(GOOD, stalled=Fault("1061", "no secret")), SPEC, document(GOOD, SPEC, {}, "t1"), "t2")
    assert list(conditions(stalled)) == ["Stalled"]
    assert tuple(conditions(stalled)["Stalled"][key] for key in ("status", "reason", "message")) == (
        "True",
        "Validation",
        "KNV1061: no secret",
    )
    assert conditions(document(GOOD, SPEC, stalled, "t3"))["Stalled"]["status"] == "False"


def test_words() -> None:
    """The one word is what nomos would print."""
    failed = Stage("c1", (Fault("2009", "x"),), touched=True)
    assert replace(GOOD, sync=failed).word == "ERROR"
    assert replace(GOOD, sync=failed, busy=True).word == "PENDING"
    assert replace(GOOD, stalled=Fault("1061", "x")).word == "STALLED"


def test_too_many_errors_are_cut() -> None:
    """A list of errors that would be too large is halved until it fits, and the summary says so."""
    faults = tuple(Fault("2009", f"{number} " + "x" * 1000) for number in range(1000))
    stage = document(replace(GOOD, sync=Stage("c1", faults, touched=True)), SPEC, {}, "t1")["sync"]
    assert len(stage["errors"]) == 250
    assert stage["errorSummary"] == {"totalCount": 1000, "truncated": True, "errorCountAfterTruncation": 250}


def test_agent_that_starts_takes_commits_over() -> None:
    """From the status it finds an agent learns the commits, and says nothing new until it has looked."""
    found = resumed(document(GOOD, SPEC, {}, "t1"))
    assert (found.last_synced, found.sync.commit, found.phase) == ("c1", "c1", "")
