"""A fact with its number and hour, and its form as one line of JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lab.events.kinds import KINDS, ApplyFailed, Event, Refusal

SCHEMA = "lab.event/v1"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the stream: `seq` counts from 1 without gaps, `at` is aware and in UTC."""

    seq: int
    at: datetime
    event: Event

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON data, the schema named first."""
        kind = type(self.event)
        return {
            "schema": SCHEMA,
            "seq": self.seq,
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "kind": kind.__name__,
            "stage": str(kind.stage) if kind.stage else None,
            "data": self.event.data(),
        }


def from_dict(document: dict[str, Any]) -> Record:
    """The record of `as_dict`'s data.

    Raises KeyError for an unknown kind, TypeError and ValueError for data that does not fit it.
    """
    kind = KINDS[document["kind"]]
    data = {key: _frozen(value) for key, value in document["data"].items()}
    known = {f.name for f in dataclasses.fields(kind)}
    if kind is ApplyFailed:
        data["refusals"] = tuple(Refusal(**refusal) for refusal in document["data"]["refusals"])
    event = kind(**{key: value for key, value in data.items() if key in known})
    return Record(int(document["seq"]), datetime.fromisoformat(document["at"]), event)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
