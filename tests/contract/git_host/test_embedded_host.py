"""The embedded Git host keeps the contract of every Git host."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lab.git_hosts.embedded.host import EmbeddedGitHost
from lab.ports.git_host import Credentials, GitHost
from lab.testing.contracts.git_host import GitHostContract


class TestEmbeddedGitHost(GitHostContract):
    @asynccontextmanager
    async def opened(self, folder: Path) -> AsyncIterator[GitHost]:
        """A running host below the folder."""
        host = EmbeddedGitHost(folder / "host", Credentials("lab", "secret"))
        await host.start()
        try:
            yield host
        finally:
            await host.stop()
