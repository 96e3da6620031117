"""What the tests of the Git client share: a bare repository, the real git, and commits without a clock."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lab.git.remote import RemoteRepository

Git = Callable[..., str]
Commit = Callable[..., str]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An empty bare repository made by git."""
    folder = tmp_path / "bare.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    return folder


@pytest.fixture
def git(bare: Path) -> Git:
    """Run git in the bare repository; what it prints, or CalledProcessError."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        **{f"GIT_{who}_{what}": "t@e" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(bare), *arguments], capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(bare: Path) -> Iterator[RemoteRepository]:
    """The bare repository by its path."""
    with closing(RemoteRepository(str(bare))) as opened:
        yield opened


@pytest.fixture
def commit() -> Commit:
    """Build a commit whose whole tree is given, `minutes` after noon, in a repository."""

    def build(
        repository: RemoteRepository, files: Mapping[str, bytes], *parents: str, minutes: int = 0, message: str = "m\n"
    ) -> str:
        at = datetime(2030, 1, 1, 12, 0, tzinfo=UTC) + timedelta(minutes=minutes)
        return repository.write_commit(
            base_tree_of=None,
            replace={"": files},
            parents=parents,
            author="Ada <ada@example.com>",
            committer="Ada <ada@example.com>",
            authored=at,
            committed=at,
            message=message,
        )

    return build
