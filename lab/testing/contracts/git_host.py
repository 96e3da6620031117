"""What every Git host has to do, tried with the machine's own git.

An adapter's author derives a class whose name begins with `Test` and says how a host is opened:

    class TestMyHost(GitHostContract):
        def opened(self, folder):
            return my_host(folder)  # an asynchronous context manager that gives the host
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.errors.base import LabError
from lab.git.remote import GitConflict, GitDenied, GitMissing, RemoteRepository
from lab.git.workspace import Workspace
from lab.ports.git_host import Credentials, GitHost, HostedRepository

AUTHOR = "Ada <ada@example.com>"
AT = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
MAIN = "refs/heads/main"


class GitHostContract(ABC):
    """The tests. `makes_repositories` is False for a host on which they must exist already."""

    makes_repositories = True

    @abstractmethod
    def opened(self, folder: Path) -> AbstractAsyncContextManager[GitHost]:
        """A host that is ready, with `folder` for what it keeps; the repositories `one` and `two` may exist, empty."""

    def test_a_repository_is_made_once(self, tmp_path: Path) -> None:
        """Creating a repository that exists gives the same one, and it can be found and listed."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                first = await host.create_repository("one")
                assert first == await host.create_repository("one")
                assert first == await host.find("one")
                assert first in await host.list()

        asyncio.run(scenario())

    def test_what_is_unknown_is_not_found(self, tmp_path: Path) -> None:
        """A repository that nobody made is None for find and GitMissing for who fetches it."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                assert await host.find("nobody-made-this") is None
                url = (await host.create_repository("one")).push_url.replace("one", "nobody-made-this")
                remote = RemoteRepository(url, credentials=host.credentials)
                with pytest.raises(GitMissing):
                    await remote.refs()
                remote.close()

        asyncio.run(scenario())

    def test_a_new_repository_has_no_commit(self, tmp_path: Path) -> None:
        """A new repository has no ref, and git clones it with main as the branch to be."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                one = await host.create_repository("one")
                remote = RemoteRepository(one.pull_url)
                assert await remote.refs() == {}
                remote.close()
                clone = await Workspace.clone(one.push_url, tmp_path / "clone")
                assert await clone.log() == []
                clone.close()

        asyncio.run(scenario())

    def test_a_person_pushes_and_another_pulls(self, tmp_path: Path) -> None:
        """What one clone pushes, another one without credentials gets, by clone and by pull."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                one = await host.create_repository("one")
                writer = await _clone(one, tmp_path / "writer", host.credentials)
                first = await writer.commit({"a.yaml": "a: 1\n"}, "First", author=AUTHOR, at=AT)
                await writer.push()
                reader = await _clone(one, tmp_path / "reader", None)
                assert await reader.log() == [(first, "First")]
                second = await writer.commit({"a.yaml": None, "b/c.yaml": "c: 1\n"}, "Second", author=AUTHOR, at=AT)
                await writer.push()
                assert await reader.pull() == second
                assert reader.read("a.yaml") is None
                assert reader.read("b/c.yaml") == b"c: 1\n"
                writer.close()
                reader.close()

        asyncio.run(scenario())

    def test_pushing_needs_the_account(self, tmp_path: Path) -> None:
        """A push without credentials or with wrong ones is denied and changes nothing."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                one = await host.create_repository("one")
                for account in (None, Credentials(host.credentials.username, "wrong")):
                    remote = RemoteRepository(one.push_url, credentials=account)
                    with pytest.raises(GitDenied):
                        await remote.push({MAIN: (None, _commit(remote, {"a": b"a"}))})
                    remote.close()
                clone = await _clone(one, tmp_path / "clone", None)
                await clone.commit({"a": "a"}, "No", author=AUTHOR, at=AT)
                with pytest.raises(GitDenied):
                    await clone.push()
                clone.close()
                assert await _refs(one) == {}

        asyncio.run(scenario())

    def test_refs_move_only_from_where_they_were_seen(self, tmp_path: Path) -> None:
        """A push that expects an old state is refused, and moves none of its refs."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                one = await host.create_repository("one")
                remote = RemoteRepository(one.push_url, credentials=host.credentials)
                first = _commit(remote, {"a": b"1"})
                await remote.push({MAIN: (None, first), "refs/tags/a/v1": (None, first)})
                second = _commit(remote, {"a": b"2"}, first)
                for old in (None, second):
                    with pytest.raises(GitConflict):
                        await remote.push({MAIN: (old, second), "refs/tags/a/v2": (None, second)})
                assert await _refs(one) == {"HEAD": first, MAIN: first, "refs/tags/a/v1": first}
                await remote.push({MAIN: (first, second), "refs/tags/a/v2": (None, second)})
                await remote.push({"refs/tags/a/v1": (first, None)})
                assert await _refs(one) == {"HEAD": second, MAIN: second, "refs/tags/a/v2": second}
                remote.close()

        asyncio.run(scenario())

    def test_of_concurrent_pushes_one_wins(self, tmp_path: Path) -> None:
        """Of several writers that start from one commit exactly one moves the branch, the others get GitConflict."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                one = await host.create_repository("one")
                writers = [RemoteRepository(one.push_url, credentials=host.credentials) for _ in range(4)]
                commits = [_commit(writer, {"a": str(n).encode()}) for n, writer in enumerate(writers)]
                outcomes = await asyncio.gather(
                    *(w.push({MAIN: (None, c)}) for w, c in zip(writers, commits, strict=True)), return_exceptions=True
                )
                won = [commit for commit, outcome in zip(commits, outcomes, strict=True) if outcome is None]
                assert len(won) == 1, outcomes
                assert all(outcome is None or isinstance(outcome, GitConflict) for outcome in outcomes)
                assert (await _refs(one))[MAIN] == won[0]
                for writer in writers:
                    writer.close()

        asyncio.run(scenario())

    def test_history_can_be_cut_and_deepened(self, tmp_path: Path) -> None:
        """A fetch with a depth brings so many commits and all files; a later one that goes deeper brings more."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                one = await host.create_repository("one")
                writer = await _clone(one, tmp_path / "writer", host.credentials)
                for number in range(3):
                    await writer.commit({f"{number}.yaml": "x"}, f"Number {number}", author=AUTHOR, at=AT)
                await writer.push()
                writer.close()
                clone = await Workspace.clone(one.pull_url, tmp_path / "shallow", depth=1)
                assert [subject for _, subject in await clone.log()] == ["Number 2"]
                clone.close()
                remote = RemoteRepository(one.pull_url)
                tip = (await remote.fetch(MAIN, depth=2))[MAIN]
                assert [c.message.strip() for c in remote.history(tip)] == ["Number 2", "Number 1"]
                assert {"0.yaml", "1.yaml", "2.yaml"} == remote.files(tip).keys()
                await remote.fetch(MAIN, depth=3)
                assert len(remote.history(tip)) == 3
                remote.close()

        asyncio.run(scenario())

    def test_a_deleted_repository_is_gone(self, tmp_path: Path) -> None:
        """After deletion nothing is found, deleting again does no harm, and a new one is empty; or it is refused."""

        async def scenario() -> None:
            async with self.opened(tmp_path) as host:
                one = await host.create_repository("one")
                if not self.makes_repositories:
                    with pytest.raises(LabError):
                        await host.delete_repository("one")
                    return
                remote = RemoteRepository(one.push_url, credentials=host.credentials)
                await remote.push({MAIN: (None, _commit(remote, {"a": b"a"}))})
                await host.delete_repository("one")
                await host.delete_repository("one")
                assert await host.find("one") is None
                with pytest.raises(GitMissing):
                    await remote.refs()
                assert await _refs(await host.create_repository("one")) == {}
                remote.close()

        asyncio.run(scenario())


def _commit(remote: RemoteRepository, files: Mapping[str, bytes], *parents: str) -> str:
    return remote.write_commit(
        base_tree_of=None,
        replace={"": files},
        parents=parents,
        author=AUTHOR,
        committer=AUTHOR,
        authored=AT,
        committed=AT,
        message="A change\n",
    )


async def _clone(repository: HostedRepository, folder: Path, credentials: Credentials | None) -> Workspace:
    return await Workspace.clone(repository.push_url, folder, credentials)


async def _refs(repository: HostedRepository) -> dict[str, str]:
    remote = RemoteRepository(repository.pull_url)
    try:
        return await remote.refs()
    finally:
        remote.close()
