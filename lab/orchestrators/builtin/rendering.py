"""Rendering away from the event loop, with results remembered by the digest of what went in."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping

from lab.render.pipeline import render
from lab.render.rendering import Failure, Rendering

KEPT = 4_000


class RenderRefused(Exception):
    """A pipeline failed.

    `revision` names the draft that is there nevertheless, empty when none was made; `stored` says that the content
    was pushed in spite of the failure.
    """

    def __init__(self, rendering: Rendering, failure: Failure) -> None:
        super().__init__(failure.details())
        self.rendering = rendering
        self.failure = failure
        self.revision = ""
        self.stored = False


class Renderer:
    """Renders packages in worker threads; equal packages are rendered once."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Rendering] = OrderedDict()

    async def render(self, package: Mapping[str, str]) -> Rendering:
        """The rendering, whether it failed or not; it may be shared and must not be changed."""
        key = digest(package)
        known = self._known.get(key)
        if known is None:
            known = await asyncio.to_thread(render, dict(package), record_condition=True)
            self._known[key] = known
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return known

    async def rendered(self, package: Mapping[str, str]) -> Rendering:
        """The rendering. Raises RenderRefused when it failed."""
        rendering = await self.render(package)
        if rendering.failure is not None:
            raise RenderRefused(rendering, rendering.failure)
        return rendering


def digest(package: Mapping[str, str]) -> bytes:
    """What identifies a package's content."""
    whole = hashlib.sha256()
    for path in sorted(package):
        for part in (path, package[path]):
            data = part.encode("utf-8", "surrogatepass")
            whole.update(len(data).to_bytes(8, "big"))
            whole.update(data)
    return whole.digest()
