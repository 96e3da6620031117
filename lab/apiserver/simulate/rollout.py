"""How far a roll may go. Source: Kubernetes, deploymentutil ResolveFenceposts."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor
from typing import Any


def bounds(deployment: Mapping[str, Any]) -> tuple[int, int]:
    """How many pods of a Deployment may be too many, and how many may be missing, during a roll."""
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    wanted = deployment["spec"].get("replicas", 1)
    surge = share(rolling.get("maxSurge", "25%"), wanted, up=True)
    missing = share(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    return surge, missing if surge or missing else 1


def share(value: int | str, whole: int, *, up: bool) -> int:
    """A number, or a percentage of the whole rounded up or down."""
    if isinstance(value, int):
        return value
    part = whole * int(value.rstrip("%")) / 100
    return ceil(part) if up else floor(part)
