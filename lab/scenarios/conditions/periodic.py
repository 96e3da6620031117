"""News for what nobody announces: one looks again after a while."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lab.scenarios.conditions.condition import News
from lab.scenarios.scene import Scene

SEARCH_PERIOD = 15.0
"""Seconds of lab time between two searches of everything."""


@asynccontextmanager
async def every_period(scene: Scene) -> AsyncIterator[News]:
    """News once a period."""
    yield lambda within: scene.bench.clock.sleep(min(within, SEARCH_PERIOD))
