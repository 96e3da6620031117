"""The words for how an object does, and the conditions from which they are read.

Source: kstatus, the status library of cli-utils.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Object = Mapping[str, Any]


class Health(StrEnum):
    """kstatus' words, and Unknown for what was not looked at."""

    CURRENT = "Current"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    TERMINATING = "Terminating"
    NOT_FOUND = "NotFound"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`reason` is the cluster's own word and sentence; `stuck` says that waiting will not help."""

    health: Health
    reason: str = ""
    stuck: bool = False


CURRENT = Readiness(Health.CURRENT)
NOT_FOUND = Readiness(Health.NOT_FOUND, "the object is not there")


def condition(obj: Object, kind: str) -> Mapping[str, Any]:
    """The condition of a type, empty when the object has none."""
    for entry in (obj.get("status") or {}).get("conditions") or []:
        if entry.get("type") == kind:
            found: Mapping[str, Any] = entry
            return found
    return {}


def words(entry: Mapping[str, Any]) -> str:
    """Reason and message of a condition or of a waiting container, as one sentence."""
    return ": ".join(str(entry[key]) for key in ("reason", "message") if entry.get(key))
