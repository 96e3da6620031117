"""Two owners of one object, and objects that somebody keeps rewriting.

Source: Config Sync, management conflicts (KNV1060) and fight detection (KNV2005).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

from lab.reconcile.declared import Declared
from lab.reconcile.faults import Fault
from lab.reconcile.metadata import manager_of

FIGHT = 5.0
"""Corrections a minute from which on a fight is told."""

CONTEST = 10.0
"""Seconds without another contest, beside the pauses between corrections, after which a conflict is over."""


def management_conflict(item: Declared, live: Mapping[str, Any] | None, manager: str) -> Fault | None:
    """KNV1060 when another RootSync manages the live object, else None."""
    other = manager_of(live) if live is not None else ""
    if not other or other == manager:
        return None
    source = str(
        ((live or {}).get("metadata") or {}).get("annotations", {}).get("configmanagement.gke.io/source-path", "")
    )
    text = (
        f'The "{manager}" reconciler detected a management conflict with the "{other}" reconciler. Remove the object '
        "from one of the sources of truth so that the object is only managed by one reconciler."
        + (f" The other one declares it in {source}." if source else "")
    )
    return Fault("1060", text, (item.site,))


class Heat:
    """How often objects were corrected lately: one more each time, and by the factor e less each minute."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, float]] = {}

    def rise(self, key: Hashable, now: float) -> float:
        """Count one correction at `now` (seconds) and return the heat."""
        heat = self.of(key, now) + 1.0
        self._known[key] = (heat, now)
        return heat

    def of(self, key: Hashable, now: float) -> float:
        """The heat of an object at `now`."""
        heat, at = self._known.get(key, (0.0, now))
        return heat * math.exp(-(now - at) / 60.0)

    def cool(self, now: float) -> None:
        """Forget what has cooled down."""
        self._known = {key: known for key, known in self._known.items() if self.of(key, now) > 0.05}

    def __bool__(self) -> bool:
        return bool(self._known)


def fight(item: Declared, heat: float, by: str) -> Fault | None:
    """KNV2005 when an object is corrected too often, with the field manager on the other side where it is known."""
    if heat < FIGHT:
        return None
    other = f' The other writer is "{by}".' if by else ""
    text = (
        f"detected excessive object updates, approximately {round(heat)} times per minute. This may indicate Config "
        f"Sync is fighting with another controller over the object.{other}"
    )
    return Fault("2005", text, (item.site,))


def pause_before_correction(heat: float) -> float:
    """Seconds to wait before the next correction of one object: none at first, then twice as long each time."""
    return 0.0 if heat < 2 * FIGHT else float(min(0.5 * 2 ** (heat - 2 * FIGHT), 30.0))


def still_contested(last: float, heat: float, now: float) -> bool:
    """Whether a conflict goes on at `now`, when it last showed at `last` (both seconds): both sides make pauses."""
    return now - last < CONTEST + 3 * pause_before_correction(heat)
