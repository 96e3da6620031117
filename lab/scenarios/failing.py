"""LABT03: a failed step and what was seen: the smallest difference, what is nearest, the trail, the last events."""

from __future__ import annotations

from datetime import datetime

from lab.errors.base import LabError
from lab.events import kinds
from lab.events.board import Board
from lab.model.stage import ORDER
from lab.model.trail import State, Trail
from lab.scenarios.conditions.trails import standing
from lab.scenarios.outcome import StepFailed
from lab.scenarios.scenario import Item, Scenario
from lab.scenarios.scene import Scene

MOST_DIFFERENCES = 6
LAST_EVENTS = 5


def told(failure: StepFailed, scenario: Scenario, item: Item, scene: Scene, took: float) -> LabError:
    """The failure as a person reads it."""
    lines = [f"expected  {failure.expected}"]
    lines += _listed("found", failure.differs, MOST_DIFFERENCES)
    lines += _listed("nearest", failure.nearest, 3)
    trail = scene.last_trail()
    if trail is not None:
        lines += _listed("trail", [f"{trail.package} on {trail.cluster}: {standing(trail)}"], 1)
    lines += _listed("before", last_events(scene.bench.board, LAST_EVENTS), LAST_EVENTS)
    what = f"Step {item.number} failed after {took:.1f}s: {item.title()}"
    return LabError("LABT03", what, "\n".join(lines), place=scenario.document.place((*item.at, item.word)))


def last_events(board: Board, count: int) -> list[str]:
    """The newest things that happened, oldest first, each with its seconds since the beginning."""
    happened = [entry for trail in board.trails for entry in _passages(trail)]
    happened += [(noted.at, _noted(noted.event)) for noted in board.noted]
    if not happened:
        return []
    began = min(trail.began for trail in board.trails) if board.trails else min(at for at, _ in happened)
    newest = sorted(happened, key=lambda entry: entry[0])[-count:]
    return [f"{(at - began).total_seconds():+.1f}s {text}" for at, text in newest]


def _passages(trail: Trail) -> list[tuple[datetime, str]]:
    marks = {State.DONE: "✓", State.FAILED: "✗", State.WAITING: "◔", State.PENDING: "·"}
    return [
        (passage.at, f"{marks[passage.state]} {trail.package} on {trail.cluster}, {stage}: {passage.text}")
        for stage in ORDER
        if (passage := trail.passage(stage)).at is not None
    ]


def _noted(event: kinds.Event) -> str:
    if isinstance(event, kinds.DriftCorrected):
        return f"drift on {event.cluster}: {event.subject} {event.action} after {event.by}"
    if isinstance(event, kinds.Warned):
        return f"{event.code} {event.message}"
    facts = ", ".join(str(value) for value in event.data().values() if value)
    return f"{type(event).__name__} {facts}"


def _listed(label: str, lines: list[str], most: int) -> list[str]:
    if not lines:
        return []
    more = [f"and {len(lines) - most} more"] if len(lines) > most else []
    return [f"{label if index == 0 else '':<9} {line}" for index, line in enumerate([*lines[:most], *more])]
