"""A repository behind a URL, on this machine or behind a server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from lab.errors.base import LabError
from lab.git.remote import (
    GitConflict,
    GitDenied,
    GitMissing,
    GitUnreachable,
    RemoteRepository,
)
from lab.ports.git_host import Credentials

MAIN = "refs/heads/main"
Commit = Callable[..., str]
Routed = Callable[..., RemoteRepository]


class Route:
    """A route to one repository that can be closed, and that writes down what moved."""

    def __init__(self, path: Path) -> None:
        self.where = path
        self.closed = False
        self.seen: list[Mapping[str, tuple[str | None, str | None]]] = []

    def path(self, url: str) -> Path | None:
        """The repository, whatever the URL."""
        if self.closed:
            raise ConnectionRefusedError("Failed to connect to lab port 80: Couldn't connect to server")
        return self.where

    def may_write(self, url: str, credentials: Credentials | None) -> bool:
        """Only with the right token."""
        return credentials == Credentials("lab", "secret")

    def moved(self, url: str, changes: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Remember."""
        self.seen.append(changes)


@pytest.fixture
def route(bare: Path) -> Route:
    """The route to the bare repository."""
    return Route(bare)


@pytest.fixture
def routed(route: Route) -> Iterator[Routed]:
    """Makes a client that uses the route."""
    with ExitStack() as opened:

        def client(token: str = "secret") -> RemoteRepository:
            account = Credentials("lab", token)
            return opened.enter_context(closing(RemoteRepository("http://lab/x.git", credentials=account, route=route)))

        yield client


def test_a_push_arrives_whole(route: Route, routed: Routed, commit: Commit, git: Callable[..., str]) -> None:
    """What is pushed by the route is there for git, and the host hears which refs moved."""
    remote = routed()
    tip = commit(remote, {"a/b": b"1"})
    asyncio.run(remote.push({MAIN: (None, tip), "refs/tags/a/v1": (None, tip)}))
    assert git("rev-parse", "main", "a/v1").split() == [tip, tip]
    assert git("fsck", "--strict") == ""
    assert route.seen == [{MAIN: (None, tip), "refs/tags/a/v1": (None, tip)}]


def test_what_is_not_pushed_stays_here(routed: Routed, commit: Commit, git: Callable[..., str]) -> None:
    """A commit that is built and not pushed is in the builder's store only."""
    remote = routed()
    tip = commit(remote, {"a": b"1"})
    assert remote.files(tip) == {"a": b"1"}
    assert git("count-objects") == "0 objects, 0 kilobytes"


def test_a_large_push_becomes_a_pack(routed: Routed, commit: Commit, git: Callable[..., str]) -> None:
    """From a hundred objects on one pack is written in place of single files."""
    remote = routed()
    tip = commit(remote, {f"f{number}": str(number).encode() for number in range(150)})
    asyncio.run(remote.push({MAIN: (None, tip)}))
    assert "packs: 1" in git("count-objects", "-v")
    assert git("fsck", "--strict") == ""
    assert len(remote.files(tip)) == 150


def test_a_refused_push_tells_the_host_nothing(route: Route, routed: Routed, commit: Commit) -> None:
    """When no ref moved, nobody is told that one did."""
    remote = routed()
    with pytest.raises(GitConflict, match=r"\[rejected\] refs/heads/main"):
        asyncio.run(remote.push({MAIN: ("1" * 40, commit(remote, {"a": b"1"}))}))
    assert route.seen == []


def test_the_route_asks_for_the_token(routed: Routed, commit: Commit) -> None:
    """Writing by the route needs the account that writing over the network would need."""
    remote = routed("wrong")
    with pytest.raises(GitDenied, match=r"Authentication failed for 'http://lab/x.git/'"):
        asyncio.run(remote.push({MAIN: (None, commit(remote, {"a": b"1"}))}))


def test_a_closed_route_is_unreachable(route: Route, routed: Routed, commit: Commit) -> None:
    """While the host is paused every question is answered as git would answer it."""
    remote = routed()
    route.closed = True
    for ask in (remote.refs, remote.fetch, lambda: remote.push({MAIN: (None, commit(remote, {"a": b"1"}))})):
        with pytest.raises(GitUnreachable, match=r"unable to access 'http://lab/x.git/': Failed to connect"):
            asyncio.run(ask())


def test_refs_follow_annotated_tags(repository: RemoteRepository, commit: Commit, git: Callable[..., str]) -> None:
    """An annotated tag is told by its commit, which suffices to delete it; HEAD is told when it leads somewhere."""
    tip = commit(repository, {"a": b"1"})
    asyncio.run(repository.push({MAIN: (None, tip)}))
    git("tag", "-a", "-m", "note", "v1", "main")
    assert asyncio.run(repository.refs()) == {"HEAD": tip, MAIN: tip, "refs/tags/v1": tip}
    asyncio.run(repository.push({"refs/tags/v1": (tip, None)}))
    assert asyncio.run(repository.refs()) == {"HEAD": tip, MAIN: tip}


def test_short_names_are_understood(repository: RemoteRepository, commit: Commit) -> None:
    """A branch or tag may be asked for by its short name; an unknown one is missing in git's words."""
    tip = commit(repository, {"a": b"1"})
    asyncio.run(repository.push({MAIN: (None, tip)}))
    assert asyncio.run(repository.fetch("main"))[MAIN] == tip
    with pytest.raises(GitMissing, match="fatal: couldn't find remote ref nothing"):
        asyncio.run(repository.fetch("refs/heads/nothing"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/x.git", "Failed to connect to 127.0.0.1 port 1"),
        ("http://nowhere.invalid/x.git", "Could not resolve host: nowhere.invalid"),
        ("http://bot:s3cret@127.0.0.1:1/x.git", "unable to access 'http://127.0.0.1:1/x.git/'"),
    ],
)
def test_a_server_that_does_not_answer(url: str, words: str) -> None:
    """No answer is told in git's words, without the credentials of the URL."""
    with pytest.raises(GitUnreachable, match=words):
        asyncio.run(RemoteRepository(url).refs())


def test_a_folder_that_is_no_repository_is_missing(tmp_path: Path) -> None:
    """A path without a repository is told like a URL without one."""
    with pytest.raises(GitMissing, match="not found"):
        asyncio.run(RemoteRepository(f"file://{tmp_path}/none.git").refs())


def test_a_damaged_object_is_said(repository: RemoteRepository, commit: Commit, bare: Path) -> None:
    """An object whose file was overwritten is LAB032 with the command that examines the repository."""
    tip = commit(repository, {"a": b"1"})
    asyncio.run(repository.push({MAIN: (None, tip)}))
    file = bare / "objects" / tip[:2] / tip[2:]
    file.chmod(0o644)
    file.write_bytes(b"no zlib")
    with pytest.raises(LabError, match="LAB032") as caught:
        asyncio.run(_read(str(bare), tip))
    assert caught.value.next_steps == (f"git --git-dir {bare} fsck",)


async def _read(url: str, tip: str) -> None:
    with closing(RemoteRepository(url)) as fresh:
        await fresh.fetch()
        fresh.commit(tip)


def test_housekeeping_by_git_does_no_harm(
    repository: RemoteRepository, commit: Commit, git: Callable[..., str]
) -> None:
    """A client that has the repository open reads and pushes on after git packed and pruned it."""
    first = commit(repository, {"a": b"1"})
    asyncio.run(repository.push({MAIN: (None, first), "refs/tags/v1": (None, first)}))
    git("gc", "-q", "--prune=now")
    assert repository.files(first) == {"a": b"1"}
    second = commit(repository, {"a": b"2"}, first, minutes=1)
    asyncio.run(repository.push({MAIN: (first, second)}))
    git("gc", "-q", "--prune=now", "--aggressive")
    assert [one.id for one in repository.history(second)] == [second, first]
    assert asyncio.run(repository.refs()) == {"HEAD": second, MAIN: second, "refs/tags/v1": first}


def test_a_killed_writer_leaves_branch_and_tag_together(bare: Path, git: Callable[..., str]) -> None:
    """Whenever a process is killed, the branch and the tag that it moves in one push name one commit."""
    writer = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(bare)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline() for _ in range(10)]
    writer.kill()
    acknowledged += writer.stdout.readlines()
    writer.wait()
    writer.stdout.close()
    main, tag = git("rev-parse", "main", "moving").split()
    assert main == tag
    assert git("fsck", "--strict", "--no-dangling") == ""
    last = [line for line in acknowledged if line.endswith(b"\n")][-1].split()[0].decode()
    assert git("merge-base", "--is-ancestor", last, "main") == ""


_ENDLESS = """
import asyncio, itertools, sys
from datetime import datetime, UTC
from lab.git.remote import RemoteRepository

async def main():
    remote, old = RemoteRepository(sys.argv[1]), None
    for number in itertools.count():
        at = datetime.fromtimestamp(number, UTC)
        new = remote.write_commit(base_tree_of=None, replace={"": {"n": b"%d" % number}}, parents=[old] if old else [],
            author="A <a@e>", committer="A <a@e>", authored=at, committed=at, message="m\\n")
        await remote.push({"refs/heads/main": (old, new), "refs/heads/moving": (old, new)})
        print(new, flush=True)
        old = new

asyncio.run(main())
"""
