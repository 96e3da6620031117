"""What a person does in a clone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.git.remote import GitConflict, GitMissing, GitUnreachable
from lab.git.workspace import Workspace

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
AUTHOR = "Ada Lovelace <ada@example.com>"


def test_change_commit_push(bare: Path, tmp_path: Path, git: Callable[..., str]) -> None:
    """A commit carries person and date as given, and a push brings it to the server."""

    async def scenario() -> str:
        clone = await Workspace.clone(str(bare), tmp_path / "clone")
        tip = await clone.commit({"a/b.yaml": "b: 1\n"}, "Subject", author=AUTHOR, at=AT)
        await clone.push()
        clone.close()
        return tip

    tip = asyncio.run(scenario())
    assert git("log", "-1", "--format=%H %an %ae %ai %cn %s", "main") == (
        f"{tip} Ada Lovelace ada@example.com 2030-01-01 12:00:00 +0000 Ada Lovelace Subject"
    )


def test_nothing_to_commit_is_said(bare: Path, tmp_path: Path) -> None:
    """A commit without a difference is a conflict in git's words, and none is made."""

    async def scenario() -> None:
        clone = await Workspace.clone(str(bare), tmp_path / "clone")
        await clone.commit({"a": "1"}, "One", author=AUTHOR, at=AT)
        with pytest.raises(GitConflict, match="nothing to commit"):
            await clone.commit({"a": "1"}, "Two", author=AUTHOR, at=AT)
        assert [subject for _, subject in await clone.log()] == ["One"]
        clone.close()

    asyncio.run(scenario())


def test_who_comes_second_is_rejected_unless_forced(bare: Path, tmp_path: Path) -> None:
    """A push over somebody else's commit is a conflict; forced, it goes through; a pull that cannot follow fails."""

    async def scenario() -> None:
        first = await Workspace.clone(str(bare), tmp_path / "first")
        second = await Workspace.clone(str(bare), tmp_path / "second")
        await first.commit({"a": "1"}, "One", author=AUTHOR, at=AT)
        await first.push()
        tip = await second.commit({"a": "2"}, "Two", author=AUTHOR, at=AT)
        with pytest.raises(GitConflict, match="rejected"):
            await second.push()
        await second.push(force=True)
        third = await Workspace.clone(str(bare), tmp_path / "third")
        assert await third.log() == [(tip, "Two")]
        for clone in (first, second, third):
            clone.close()

    asyncio.run(scenario())


def test_failures_have_kinds(tmp_path: Path) -> None:
    """No repository, no server and no clone are told apart."""
    with pytest.raises(GitMissing):
        asyncio.run(Workspace.clone(str(tmp_path / "none.git"), tmp_path / "clone"))
    with pytest.raises(GitUnreachable):
        asyncio.run(Workspace.clone("http://127.0.0.1:1/x.git", tmp_path / "clone"))
    with pytest.raises(GitMissing):
        Workspace.open(tmp_path)


def test_paths_stay_inside(bare: Path, tmp_path: Path) -> None:
    """A change cannot be written outside the clone."""

    async def scenario() -> None:
        clone = await Workspace.clone(str(bare), tmp_path / "clone")
        with pytest.raises(ValueError, match="not a path inside"):
            await clone.commit({"../x": "1"}, "One", author=AUTHOR, at=AT)
        clone.close()

    asyncio.run(scenario())
