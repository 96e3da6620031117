"""What the tests of the embedded Git host share: a host in a loop, the real git in a thread."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.git_hosts.embedded.host import EmbeddedGitHost
from lab.ports.git_host import Credentials

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def running(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[EmbeddedGitHost]]:
    """A running host below the test's folder, with the account `lab` and token `secret`."""

    @asynccontextmanager
    async def run(**options: Any) -> AsyncIterator[EmbeddedGitHost]:
        host = EmbeddedGitHost(tmp_path / "host", Credentials("lab", "secret"), **options)
        await host.start()
        try:
            yield host
        finally:
            await host.stop()

    return run


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., Awaitable[Done]]:
    """Run git in a folder below the test's; its result whatever it is."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        **{f"GIT_{who}_{what}": "t@e" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    async def run(folder: str, *arguments: str) -> Done:
        def work() -> Done:
            (tmp_path / folder).mkdir(exist_ok=True)
            return subprocess.run(
                ["git", "-C", str(tmp_path / folder), *arguments],
                capture_output=True,
                text=True,
                env=environment,
                check=False,
            )

        return await asyncio.to_thread(work)

    return run


@pytest.fixture
def committed(git: Callable[..., Awaitable[Done]], tmp_path: Path) -> Callable[..., Awaitable[None]]:
    """Make commits in a clone, each with a file of its number."""

    async def make(folder: str, *numbers: int) -> None:
        for number in numbers:
            (tmp_path / folder / f"f{number}").write_text(f"{number}\n")
            await git(folder, "add", ".")
            await git(folder, "commit", "-qm", f"c{number}")

    return make
