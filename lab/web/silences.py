"""Why nothing happens, where nothing failed: the two silences of the real system, told from the board alone.

Nothing is pulled because nobody installed an agent; nothing is committed because nobody approved.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.events.board import Board
from lab.model.stage import Stage
from lab.model.trail import State, Trail


@dataclass(frozen=True, slots=True)
class Silence:
    """A code of the catalog and what to say on the spot."""

    code: str
    text: str


def silence(board: Board, trail: Trail) -> Silence | None:
    """What keeps a trail from going on although nothing failed, or None when it goes on by itself."""
    stands = trail.stands_at
    if stands is None or trail.superseded_by is not None:
        return None
    if stands is Stage.APPROVE:
        passage = trail.passage(stands)
        if passage.state is State.WAITING:
            return Silence("LAB501", passage.text)
        return Silence("LAB501", "a draft waits for somebody to propose and approve it") if _rests(trail) else None
    if stands is not Stage.PULL or trail.passage(stands).state is State.FAILED:
        return None
    if trail.cluster not in board.agents:
        return Silence("LAB701", "nothing on the cluster asks: no agent was installed there")
    if not board.agents[trail.cluster]:
        return Silence("LAB703", "nothing on the cluster asks: its agent is stopped")
    if not board.syncs.get(trail.cluster):
        return Silence("LAB705", "the agent runs, but no RootSync tells it which repository")
    return None


def _rests(trail: Trail) -> bool:
    return trail.passage(Stage.RENDER).state is State.DONE
