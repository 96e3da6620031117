"""A scenario as it was read: what it is, what it needs, and its steps with their places in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from lab.errors.people_files import Document
from lab.ports.cluster_provider import Capability
from lab.scenarios.durations import Duration
from lab.scenarios.step import Part, Step
from lab.scenarios.values import Location


class Needs(Part):
    """What must be there, or the scenario is skipped with the reason."""

    clusters: list[str] = Field(default_factory=list, description="Clusters of the lab, mgmt among them.")
    capabilities: list[Capability] = Field(default_factory=list, description="What the clusters must be able to do.")


class Head(Part):
    """Everything of a scenario but its steps."""

    scenario: str = Field(min_length=1, description="What is shown, in one sentence.")
    tags: list[str] = Field(default_factory=list, description="Words to select by.")
    needs: Needs = Field(default_factory=lambda: Needs(), description="What must be there.")
    lab: dict[str, Any] = Field(default_factory=dict, description="The lab it runs on, in the form of lab.yaml.")
    start: Literal["up", "bare"] = Field(
        "up",
        description="up: everything that `lab up` does is done first. bare: clusters and Git run, nothing was applied.",
    )
    budget: Duration = Field(600.0, description="Lab time for all steps.")
    with_: dict[str, Any] = Field(default_factory=dict, alias="with", description="Values for ${name}.")
    steps: list[dict[str, Any]] = Field(min_length=1, description="What is done and looked at, in order.")
    finally_: list[dict[str, Any]] = Field(default_factory=list, alias="finally", description="Done in any case.")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of `steps`: what is said, what is done (`kind` and its raw fields), what is saved.

    `step` is the entry checked as far as values are known before the start; `at` is its place in the file's data.
    """

    number: int
    at: Location
    say: str = ""
    word: str = ""
    raw: Any = None
    step: Step | None = None
    save: dict[str, str] = field(default_factory=dict)

    def title(self) -> str:
        """The step in a few words."""
        return self.step.title() if self.step is not None else "say"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario and where it came from."""

    path: Path
    document: Document
    head: Head
    steps: tuple[Item, ...]
    last: tuple[Item, ...]

    @property
    def slug(self) -> str:
        """The name of its folder."""
        return self.path.parent.name

    def items(self) -> tuple[Item, ...]:
        """Every entry, those of `finally` behind the others."""
        return self.steps + self.last
