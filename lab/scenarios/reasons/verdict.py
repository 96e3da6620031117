"""The answer to `lab why`, and the place on the road where something stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.model.stage import Stage


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: a headline, facts as (label, text), and where it stopped with its code, cause and next lines.

    `code` is empty when all is well; `stage` is then None.
    """

    headline: str
    facts: tuple[tuple[str, str], ...] = ()
    code: str = ""
    stage: Stage | None = None
    why: str = ""
    next_steps: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON data."""
        return {
            "schema": "lab.why/v1",
            "headline": self.headline,
            "facts": dict(self.facts),
            "code": self.code or None,
            "stage": str(self.stage) if self.stage else None,
            "why": self.why or None,
            "next": list(self.next_steps),
        }


@dataclass(slots=True)
class Stop:
    """Where the road ends: the code, the stage, the cause, lines to type, and facts of its own."""

    code: str
    stage: Stage
    why: str
    next_steps: tuple[str, ...] = ()
    facts: list[tuple[str, str]] = field(default_factory=list)

    def verdict(self, headline: str, facts: list[tuple[str, str]]) -> Verdict:
        """The answer that stops here."""
        return Verdict(headline, tuple(facts), self.code, self.stage, self.why, self.next_steps)
