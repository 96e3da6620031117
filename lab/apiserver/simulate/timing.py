"""How long simulated things take, in seconds on the lab's clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Believable for a small machine with images at hand; a lesson may choose slower ones."""

    schedule: float = 0.02
    """From a pod's creation to its node."""
    start: float = 0.12
    """From its node to running containers, images included."""
    ready: float = 0.08
    """From running to ready, besides the readiness probe's own initial delay."""
    terminate: float = 0.1
    """From deletion to gone; never longer than the grace period."""
    work: float = 0.5
    """How long a container of a Job runs."""
    provision: float = 0.1
    """From a claim to its volume."""
    back_off: float = 10.0
    """From a failed image pull to the next word about it."""


BELIEVABLE = Timing()
"""The default."""

INSTANT = Timing(0, 0, 0, 0, 0, 0, 0)
"""Everything at once, for tests of other things."""
