"""The real git against the embedded host, in each version of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Fixture = Callable[..., Any]
VERSIONS = pytest.mark.parametrize("version", ["0", "1", "2"])


def account(host: Any) -> str:
    """The repository's URL with user and token."""
    return f"http://lab:secret@{host.url.removeprefix('http://')}/nephio/x.git"


async def good(done: Any) -> str:
    """What a command printed, which must have succeeded."""
    finished = await done
    assert finished.returncode == 0, finished.stderr
    return str(finished.stdout).strip()


@VERSIONS
def test_fetching(version: str, running: Fixture, git: Fixture, committed: Fixture) -> None:
    """Clone, shallow clone, deepen, unshallow and pull bring what they shall, and every clone is whole."""

    async def scenario() -> None:
        async with running() as host:
            url = (await host.create_repository("x")).pull_url
            protocol = ("-c", f"protocol.version={version}")
            await good(git(".", "clone", "-q", account(host), "writer"))
            await committed("writer", 1, 2, 3, 4, 5)
            await good(git("writer", "tag", "-am", "note", "v1"))
            await good(git("writer", "push", "-q", "--follow-tags", "origin", "main"))
            await good(git(".", *protocol, "clone", "-q", "--depth", "1", url, "shallow"))
            await good(git(".", *protocol, "clone", "-q", url, "full"))
            assert await good(git("full", "tag")) == "v1"
            for depth, options in (("1", ()), ("3", ("--depth", "3")), ("4", ("--deepen", "1"))):
                if options:
                    await good(git("shallow", *protocol, "fetch", "-q", *options))
                assert await good(git("shallow", "rev-list", "--count", "HEAD")) == depth
            await committed("writer", 6, 7)
            await good(git("writer", "push", "-q", "origin", "main"))
            await good(git("shallow", *protocol, "fetch", "-q", "--unshallow"))
            for clone in ("shallow", "full"):
                await good(git(clone, *protocol, "pull", "-q", "--ff-only"))
                assert await good(git(clone, "rev-list", "--count", "HEAD")) == "7"
                assert await good(git(clone, "fsck", "--strict")) == ""

    asyncio.run(scenario())


@VERSIONS
def test_history_may_begin_where_one_says(version: str, running: Fixture, git: Fixture, committed: Fixture) -> None:
    """A clone may leave out what a tag reaches."""

    async def scenario() -> None:
        async with running() as host:
            await host.create_repository("x")
            await good(git(".", "clone", "-q", account(host), "writer"))
            await committed("writer", 1, 2)
            await good(git("writer", "tag", "old"))
            await committed("writer", 3, 4)
            await good(git("writer", "push", "-q", "--tags", "origin", "main"))
            protocol = ("-c", f"protocol.version={version}")
            await good(git(".", *protocol, "clone", "-q", "--shallow-exclude", "old", account(host), "clone"))
            assert await good(git("clone", "log", "--format=%s")) == "c4\nc3"

    asyncio.run(scenario())


def test_pushing(running: Fixture, git: Fixture, committed: Fixture, tmp_path: Path) -> None:
    """Force, branches with slashes, deletion and large packs go through; a stale push and an atomic one do not."""

    async def scenario() -> None:
        async with running() as host:
            await host.create_repository("x")
            await good(git(".", "clone", "-q", account(host), "a"))
            await committed("a", 1)
            await good(git("a", "push", "-q", "origin", "main", "main:drafts/p/v1", "main:drafts/p/v2"))
            await good(git(".", "clone", "-q", account(host), "b"))
            await committed("a", 2)
            await good(git("a", "push", "-q", "origin", "main"))
            await committed("b", 3)
            assert "[rejected]" in (await git("b", "push", "origin", "main")).stderr
            await git("b", "push", "--atomic", "origin", "+main:drafts/p/v1", "main")
            listed = await good(git(".", "ls-remote", account(host)))
            assert listed.count("refs/heads/drafts/p/") == 2
            assert len({line.split()[0] for line in listed.splitlines() if "drafts" in line}) == 1
            for number in range(150):
                (tmp_path / "b" / f"many{number}").write_text(str(number))
            await committed("b", 4)
            await good(git("b", "push", "-q", "--force", "origin", "main"))
            await good(git("b", "push", "-q", "origin", ":drafts/p/v2"))
            refused = await git("b", "push", "origin", ":main")
            assert "deletion of the current branch prohibited" in refused.stderr
            await good(git(".", "clone", "-q", account(host), "c"))
            assert await good(git("c", "log", "--format=%s")) == "c4\nc3\nc1"
            assert "refs/heads/drafts/p/v2" not in await good(git(".", "ls-remote", account(host)))
            hosted = "host/nephio/x.git"
            assert await good(git(hosted, "fsck", "--strict", "--no-dangling")) == ""
            assert "packs: 1" in await good(git(hosted, "count-objects", "-v"))

    asyncio.run(scenario())


def test_what_lacks_objects_is_refused(running: Fixture, git: Fixture, committed: Fixture, tmp_path: Path) -> None:
    """A push whose history has a hole leaves neither refs nor objects."""

    async def scenario() -> None:
        async with running() as host:
            await host.create_repository("x")
            await good(git(".", "clone", "-q", account(host), "a"))
            await committed("a", 1, 2, 3)
            hole = await good(git("a", "rev-parse", "HEAD~2"))
            # git takes the parent of a shallow commit for known to the server, where it is not.
            (tmp_path / "a/.git/shallow").write_text(await good(git("a", "rev-parse", "HEAD~1")) + "\n")
            (tmp_path / "a/.git/objects" / hole[:2] / hole[2:]).unlink()
            refused = await git("a", "push", "origin", "main")
            assert "missing necessary objects" in refused.stderr
            assert await good(git(".", "ls-remote", account(host))) == ""

    asyncio.run(scenario())
    objects = tmp_path / "host/nephio/x.git/objects"
    assert sorted(path.name for path in objects.iterdir()) == ["info", "pack"]


def test_unreachable_ids_are_told_apart(running: Fixture, git: Fixture, committed: Fixture) -> None:
    """Any commit that is there can be fetched by its id; one that is not is refused in git's words."""

    async def scenario() -> None:
        async with running() as host:
            await host.create_repository("x")
            await good(git(".", "clone", "-q", account(host), "a"))
            await committed("a", 1, 2)
            await good(git("a", "push", "-q", "origin", "main"))
            first = await good(git("a", "rev-parse", "HEAD~1"))
            await good(git(".", "init", "-q", "b"))
            for version in ("0", "2"):
                protocol = ("-c", f"protocol.version={version}")
                await good(git("b", *protocol, "fetch", "-q", account(host), first))
                missing = await git("b", *protocol, "fetch", account(host), "1" * 40)
                assert "not our ref 1111111111" in missing.stderr

    asyncio.run(scenario())
