"""Conditions of objects, kept as Kubernetes keeps them: the time moves only when the status does.

Source: Kubernetes, metav1.Condition; apimachinery, meta.SetStatusCondition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as it shall be."""

    type: str
    status: bool
    reason: str
    message: str


def with_conditions(
    known: Iterable[Mapping[str, Any]], wanted: Iterable[Condition], *, generation: int, now: str, dropped: str = ""
) -> list[dict[str, Any]]:
    """The conditions `known` with those wanted set in place, and without the type `dropped`; `now` is RFC 3339."""
    found = {str(item.get("type")): dict(item) for item in known}
    found.pop(dropped, None)
    for condition in wanted:
        before = found.get(condition.type, {})
        status = "True" if condition.status else "False"
        since = before.get("lastTransitionTime") if before.get("status") == status else now
        found[condition.type] = {
            "type": condition.type,
            "status": status,
            "observedGeneration": generation,
            "lastTransitionTime": since or now,
            "reason": condition.reason,
            "message": condition.message[:32768],
        }
    return list(found.values())


def condition_of(obj: Mapping[str, Any], type: str) -> Mapping[str, Any]:
    """The condition of that type in an object's status, empty without one."""
    status = obj.get("status")
    conditions = status.get("conditions") if isinstance(status, Mapping) else None
    for condition in conditions or ():
        if isinstance(condition, Mapping) and condition.get("type") == type:
            return condition
    return {}
