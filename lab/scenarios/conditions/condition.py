"""A condition is true or not at a moment, and somebody can tell when it may have changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from lab.scenarios.scene import Scene

News = Callable[[float], Awaitable[None]]
"""Returns when something may have changed, at the latest after so many seconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found: `true` or not, what was looked for, how it differs, what is most like it.

    `found` is what made it true, for `save`.
    """

    true: bool
    expected: str
    differs: list[str] = field(default_factory=list)
    nearest: list[str] = field(default_factory=list)
    found: Any = None


class Condition(Protocol):
    """Something to look at."""

    def following(self, scene: Scene) -> AbstractAsyncContextManager[News]:
        """From the entry on, changes are noticed."""
        ...

    async def look(self, scene: Scene) -> Finding:
        """One look, now."""
        ...
