"""A trail: one package on one cluster on its way through the nine stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lab.model.stage import ORDER, Stage


class State(StrEnum):
    """How far a stage is: not begun, waiting for somebody, done, or stopped with a code."""

    PENDING = "pending"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Passage:
    """One stage of one trail: its state, when it got there, who acted, and what to tell about it.

    `facts` are what a comparison across profiles looks at; `text` is for people; `code` is set where it stopped.
    """

    state: State = State.PENDING
    at: datetime | None = None
    who: str = ""
    text: str = ""
    code: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


NOT_BEGUN = Passage()


@dataclass(slots=True)
class Trail:
    """The row of a package and a cluster; `number` counts from 1 in the order of beginning.

    `revision` is the PackageRevision's name that joins the left half, `commit` (40 hex digits) joins the right half.
    """

    number: int
    package: str
    repository: str
    cluster: str
    began: datetime
    variant: str = ""
    upstream: str = ""
    revision: str = ""
    directory: str = ""
    commit: str = ""
    superseded_by: int | None = None
    passages: dict[Stage, Passage] = field(default_factory=dict)
    pulled_seq: int = 0

    def passage(self, stage: Stage) -> Passage:
        """How far the trail is at a stage."""
        return self.passages.get(stage, NOT_BEGUN)

    @property
    def reached(self) -> Stage | None:
        """The last stage of the unbroken run of done stages; None when the first is not done."""
        last = None
        for stage in ORDER:
            if self.passage(stage).state is not State.DONE:
                break
            last = stage
        return last

    @property
    def stands_at(self) -> Stage | None:
        """The first stage that is not done, or None when all are.

        A missing ClusterContext does not stop a package: an undone first stage is passed over once a later one began.
        """
        begun = [stage for stage in ORDER if self.passage(stage).state is not State.PENDING]
        for stage in ORDER:
            if self.passage(stage).state is State.DONE:
                continue
            if stage is Stage.CONTEXT and begun and begun[-1] is not Stage.CONTEXT:
                continue
            return stage
        return None

    @property
    def finished(self) -> bool:
        """True when the package is ready on the cluster."""
        return self.passage(Stage.READY).state is State.DONE

    @property
    def failed(self) -> Passage | None:
        """The passage where the trail stopped, or None."""
        return next((p for s in ORDER if (p := self.passage(s)).state is State.FAILED), None)

    def done(self, stage: Stage) -> bool:
        """True when the stage is behind the trail."""
        return self.passage(stage).state is State.DONE

    def took(self, stage: Stage) -> float | None:
        """Seconds between the previous done stage and this one; None while it is not done."""
        here = self.passage(stage)
        if here.state is not State.DONE or here.at is None:
            return None
        earlier = [p.at for s in ORDER if s.comes_before(stage) and (p := self.passage(s)).state is State.DONE and p.at]
        since = max([at for at in earlier if at <= here.at] + [self.began]) if earlier else self.began
        return max(0.0, (here.at - since).total_seconds())

    def as_dict(self) -> dict[str, Any]:
        """The trail as JSON data (part of schemas `lab.status/v1` and `lab.trace/v1`)."""
        return {
            "id": self.number,
            "package": self.package,
            "cluster": self.cluster,
            "repository": self.repository,
            "variant": self.variant or None,
            "upstream": self.upstream or None,
            "revision": self.revision or None,
            "commit": self.commit or None,
            "stage": str(self.stands_at or Stage.READY),
            "state": "superseded" if self.superseded_by and not self.finished else self._state(),
            "superseded_by": self.superseded_by,
            "began": self.began.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "stages": [self._stage_dict(stage) for stage in ORDER],
        }

    def comparable(self) -> list[dict[str, Any]]:
        """Stage, actor and facts: what must be equal for one scenario on every profile."""
        return [
            {"stage": str(s), "state": str(p.state), "who": p.who, "facts": dict(sorted(p.facts.items()))}
            for s in ORDER
            if (p := self.passage(s)).state is not State.PENDING
        ]

    def _state(self) -> str:
        if self.finished:
            return "done"
        return "failed" if self.failed else "on its way"

    def _stage_dict(self, stage: Stage) -> dict[str, Any]:
        passage = self.passage(stage)
        took = self.took(stage)
        return {
            "stage": str(stage),
            "state": str(passage.state),
            "at": passage.at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if passage.at else None,
            "took_s": round(took, 3) if took is not None else None,
            "who": passage.who or None,
            "text": passage.text or None,
            "code": passage.code or None,
            "facts": dict(passage.facts),
        }
