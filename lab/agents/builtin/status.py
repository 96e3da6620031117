"""The status of a RootSync: three stages, their conditions, and the one word that people look for.

Source: Config Sync, RootSync status; nomos, status words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from lab.agents.builtin.sync_spec import SyncSpec
from lab.reconcile.faults import Fault, ordered, summary

STATUS_ANNOTATION = "lab.nephio.org/status"
"""What the column STATUS prints: SYNCED, PENDING, ERROR, STALLED."""

LARGEST = 400_000
"""Bytes of errors in one stage; the API takes 1.5 MiB for the whole object."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One of source, rendering and sync. `commit` is empty where none is known."""

    commit: str = ""
    faults: tuple[Fault, ...] = ()
    message: str = ""
    touched: bool = False
    """False before the stage was reached for the first time."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """Everything that the status tells, without times. `phase` is Source, Rendering or Sync; `busy` is Syncing=True."""

    source: Stage = field(default_factory=Stage)
    rendering: Stage = field(default_factory=Stage)
    sync: Stage = field(default_factory=Stage)
    phase: str = ""
    busy: bool = False
    last_synced: str = ""
    stalled: Fault | None = None
    finalizing: bool = False

    @property
    def word(self) -> str:
        """What nomos would print."""
        if self.stalled is not None:
            return "STALLED"
        if not self.phase or self.busy:
            return "PENDING"
        return "ERROR" if self.faults else "SYNCED"

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The errors of all stages."""
        return (*self.rendering.faults, *self.source.faults, *self.sync.faults)


def resumed(status: Mapping[str, Any]) -> SyncState:
    """What an agent that starts can take over from the status it finds: commits, without errors."""
    parts = {name: _commit(status, name) for name in ("source", "rendering", "sync")}
    stages = {name: Stage(commit, touched=bool(commit)) for name, commit in parts.items()}
    message = str((status.get("rendering") or {}).get("message") or "")
    return SyncState(
        source=stages["source"],
        rendering=replace(stages["rendering"], message=message),
        sync=stages["sync"],
        last_synced=str(status.get("lastSyncedCommit") or ""),
    )


def _commit(status: Mapping[str, Any], stage: str) -> str:
    return str((status.get(stage) or {}).get("commit") or "")


def document(state: SyncState, spec: SyncSpec, before: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The status as it is written, with times; times of what did not change are taken from `before`."""
    found: dict[str, Any] = {"observedGeneration": spec.generation, "reconciler": spec.reconciler}
    if state.last_synced:
        found["lastSyncedCommit"] = state.last_synced
    for name, stage in (("source", state.source), ("rendering", state.rendering), ("sync", state.sync)):
        found[name] = _kept_time(_stage(stage, spec), before.get(name) or {}, "lastUpdate", now)
    known = {item.get("type"): item for item in before.get("conditions") or []}
    found["conditions"] = [_timed(item, known.get(item["type"]), now) for item in _conditions(state, known)]
    return found


def _stage(stage: Stage, spec: SyncSpec) -> dict[str, Any]:
    if not stage.touched:
        return {"lastUpdate": None}
    found: dict[str, Any] = {"gitStatus": spec.git_status(), "errorSummary": summary(len(stage.faults))}
    if stage.commit:
        found["commit"] = stage.commit
    if stage.message:
        found["message"] = stage.message
    if stage.faults:
        found["errors"], kept = _fitting(ordered(stage.faults))
        if kept < len(stage.faults):
            found["errorSummary"] |= {"truncated": True, "errorCountAfterTruncation": kept}
    return found


def _fitting(faults: Sequence[Fault]) -> tuple[list[dict[str, Any]], int]:
    """As many errors as fit: all, or the first half, quarter, … of them."""
    kept = len(faults)
    while True:
        errors = [fault.as_error() for fault in faults[:kept]]
        if kept <= 1 or len(orjson.dumps(errors)) <= LARGEST:
            return errors, kept
        kept //= 2


def _conditions(state: SyncState, known: Mapping[Any, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if state.stalled is not None:
        text = f"KNV{state.stalled.knv}: {state.stalled.text}"
        stalled = {"type": "Stalled", "status": "True", "reason": "Validation", "message": text}
        found.append({**stalled, "errorSummary": summary(1)})
        return found
    found.append({"type": "Reconciling", "status": "False"})
    if "Stalled" in known:
        found.append({"type": "Stalled", "status": "False"})
    if state.phase:
        found.append(_syncing(state))
    if state.finalizing:
        text = "Deleting managed resource objects"
        found.append({"type": "ReconcilerFinalizing", "status": "True", "reason": "ResourcesDeleting", "message": text})
    return found


def _syncing(state: SyncState) -> dict[str, Any]:
    stages = {"rendering": state.rendering, "source": state.source, "sync": state.sync}
    refs = [f"status.{name}.errors" for name, stage in stages.items() if stage.faults]
    messages = {"Sync": "Syncing" if state.busy else "Sync Completed", "Rendering": state.rendering.message}
    found: dict[str, Any] = {
        "type": "Syncing",
        "status": "True" if state.busy else "False",
        "reason": state.phase,
        "message": messages.get(state.phase, state.phase),
        "errorSummary": summary(len(state.faults)),
    }
    commit = {"Sync": state.sync.commit, "Rendering": state.rendering.commit}.get(state.phase, state.source.commit)
    if commit:
        found["commit"] = commit
    if refs:
        found["errorSourceRefs"] = refs
    return found


def _timed(condition: dict[str, Any], before: Mapping[str, Any] | None, now: str) -> dict[str, Any]:
    same_status = before is not None and before.get("status") == condition["status"]
    moved = before["lastTransitionTime"] if before is not None and same_status else now
    return {**_kept_time(condition, before or {}, "lastUpdateTime", now), "lastTransitionTime": moved}


def _kept_time(new: dict[str, Any], old: Mapping[str, Any], key: str, now: str) -> dict[str, Any]:
    """`new` with the time of `old` where nothing else differs."""
    if key in new:
        return new
    timeless = {name: value for name, value in old.items() if name not in (key, "lastTransitionTime")}
    return {**new, key: old[key] if timeless == new and key in old else now}
