"""An existing Git host keeps the contract, as far as it makes no repositories."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lab.git_hosts.embedded.host import EmbeddedGitHost
from lab.git_hosts.existing import ExistingGitHost
from lab.ports.git_host import Credentials, GitHost
from lab.testing.contracts.git_host import GitHostContract


class TestExistingGitHost(GitHostContract):
    makes_repositories = False

    @asynccontextmanager
    async def opened(self, folder: Path) -> AsyncIterator[GitHost]:
        """A host of somebody else with one repository, used by its URL."""
        there = EmbeddedGitHost(folder / "host", Credentials("org-bot", "secret"), owner="your-org")
        await there.start()
        try:
            await there.create_repository("one")
            yield ExistingGitHost(f"{there.url}/your-org", Credentials("org-bot", "secret"))
        finally:
            await there.stop()
