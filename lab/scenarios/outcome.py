"""How a scenario ended, and each step of it."""

from __future__ import annotations

from dataclasses import dataclass

from lab.errors.base import LabError
from lab.model.trail import Trail


class StepFailed(Exception):
    """A step's expectation was not met: what was expected, how what is there differs, and what is most like it."""

    def __init__(self, expected: str, differs: list[str] | None = None, nearest: list[str] | None = None) -> None:
        super().__init__(expected)
        self.expected = expected
        self.differs = differs or []
        self.nearest = nearest or []


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step that ran: its number from 1, its title, the seconds of lab time it took, and what was said before it."""

    number: int
    title: str
    took: float
    say: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """Every step did and found what it should."""

    steps: tuple[StepDone, ...]
    trails: tuple[Trail, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A step found something else; `error` tells which, with its line."""

    error: LabError
    steps: tuple[StepDone, ...]
    trails: tuple[Trail, ...] = ()


@dataclass(frozen=True, slots=True)
class Errored:
    """Something broke that is no finding about the lab's subject: the machine, the file, or the lab itself."""

    error: LabError
    steps: tuple[StepDone, ...]
    trails: tuple[Trail, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A need is not met here; `reason` says which."""

    reason: str


Outcome = Passed | Failed | Errored | Skipped
