"""The embedded Git host from outside: its port, its accounts, its pauses and its damages."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lab.errors.base import LabError
from lab.git.remote import GitDenied, GitUnreachable, RemoteRepository
from lab.kit.virtual_time import VirtualTimeLoop
from lab.ports.git_host import Credentials

MAIN = "refs/heads/main"
Fixture = Callable[..., Any]


async def filled(host: Any, name: str = "x", route: bool = False) -> str:
    """A repository with one commit, whose id comes back."""
    one = await host.create_repository(name)
    remote = RemoteRepository(one.push_url, credentials=host.credentials, route=host if route else None)
    tip = new_commit(remote)
    await remote.push({MAIN: (None, tip)})
    remote.close()
    return tip


def new_commit(remote: RemoteRepository, *parents: str) -> str:
    """A commit with one file."""
    at = datetime(2030, 1, 1, tzinfo=UTC)
    return remote.write_commit(
        base_tree_of=None,
        replace={"": {"a": f"{len(parents)}".encode()}},
        parents=parents,
        author="A <a@e>",
        committer="A <a@e>",
        authored=at,
        committed=at,
        message="m\n",
    )


def test_a_taken_port_is_said(running: Fixture) -> None:
    """A port on which another program listens is LAB010, with its number."""

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(LabError, match=f"LAB010 Port {port}"):
                async with running(port=port):
                    pass

    asyncio.run(scenario())


def test_a_restart_keeps_everything(running: Fixture) -> None:
    """Repositories, refs, objects and the mark of privacy are there after a restart at the same port."""

    async def scenario() -> None:
        async with running() as host:
            tip = await filled(host)
            host.set_private("x", True)
            url = (await host.find("x")).push_url
            port = int(host.url.rpartition(":")[2])
        async with running(port=port) as again:
            assert (await again.find("x")).push_url == url
            remote = RemoteRepository(url, credentials=again.credentials)
            assert (await remote.fetch(MAIN))[MAIN] == tip
            assert remote.files(tip) == {"a": b"0"}
            assert again.path(url) is None
            remote.close()

    asyncio.run(scenario())


def test_a_paused_host_is_unreachable(running: Fixture, git: Fixture) -> None:
    """While paused, connections are refused and the local route is closed; afterwards both work at the same URL."""

    async def scenario() -> None:
        async with running() as host:
            tip = await filled(host)
            url = (await host.find("x")).pull_url
            over_network, by_route = RemoteRepository(url), RemoteRepository(url, route=host)
            await over_network.refs()
            await host.pause()
            for remote in (over_network, by_route):
                with pytest.raises(GitUnreachable, match="unable to access"):
                    await remote.refs()
            assert "Failed to connect" in (await git(".", "ls-remote", url)).stderr
            await host.pause()
            await host.resume()
            for remote in (over_network, by_route):
                assert (await remote.refs())[MAIN] == tip
                remote.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("route", [False, True])
def test_every_move_of_a_ref_is_told(running: Fixture, route: bool) -> None:
    """Whoever moved a ref, by network or by route, `on_update` hears of it; a refused move is not told."""
    told: list[tuple[str, str, str | None, str | None]] = []

    async def scenario() -> None:
        async with running(on_update=lambda *what: told.append(what)) as host:
            tip = await filled(host, route=route)
            one = await host.find("x")
            remote = RemoteRepository(one.push_url, credentials=host.credentials, route=host if route else None)
            second = new_commit(remote, tip)
            await remote.push({MAIN: (tip, second), "refs/heads/drafts/a": (None, second)})
            await remote.push({"refs/heads/drafts/a": (second, None)})
            with pytest.raises(Exception, match="rejected"):
                await remote.push({MAIN: (tip, second)})
            await asyncio.sleep(0)
            remote.close()
            assert told == [
                ("x", MAIN, None, tip),
                ("x", MAIN, tip, second),
                ("x", "refs/heads/drafts/a", None, second),
                ("x", "refs/heads/drafts/a", second, None),
            ]

    asyncio.run(scenario())


def test_a_private_repository_needs_the_token(running: Fixture) -> None:
    """Reading a private repository without the token is denied, by the route too; with it, both work."""

    async def scenario() -> None:
        async with running() as host:
            tip = await filled(host)
            url = (await host.find("x")).pull_url
            host.set_private("x", True)
            for account in (None, Credentials("lab", "wrong"), Credentials("other", "secret")):
                remote = RemoteRepository(url, credentials=account, route=host)
                with pytest.raises(GitDenied):
                    await remote.fetch()
                remote.close()
            remote = RemoteRepository(url, credentials=host.credentials, route=host)
            assert (await remote.fetch())[MAIN] == tip
            assert remote.files(tip) == {"a": b"0"}
            remote.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), ("Bearer secret", 200), ("token secret", 200), ("Bearer no", 401), ("Basic ???", 401)],
)
def test_tokens_in_headers(running: Fixture, authorization: str | None, status: int) -> None:
    """A bearer token opens a push like a password does; without one the answer says how to prove oneself."""

    async def scenario() -> None:
        async with running() as host, aiohttp.ClientSession() as session:
            one = await host.create_repository("x")
            headers = {"Authorization": authorization} if authorization else {}
            async with session.get(f"{one.push_url}/info/refs?service=git-receive-pack", headers=headers) as answer:
                assert answer.status == status
                if status == 401:
                    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")

    asyncio.run(scenario())


def test_the_front_page_lists_repositories(running: Fixture) -> None:
    """People get a page and scripts get JSON; private repositories are in neither."""

    async def scenario() -> None:
        async with running() as host, aiohttp.ClientSession() as session:
            tip = await filled(host)
            await filled(host, "hidden")
            host.set_private("hidden", True)
            async with session.get(host.url, headers={"Accept": "application/json"}) as answer:
                (listed,) = (await answer.json())["repositories"]
                assert listed == {
                    "name": "x",
                    "url": f"{host.url}/nephio/x.git",
                    "damaged": False,
                    "branches": {"main": tip},
                    "tags": {},
                }
            async with session.get(host.url) as answer:
                page = await answer.text()
                assert f"git clone {host.url}/nephio/x.git" in page
                assert "hidden" not in page

    asyncio.run(scenario())


def test_old_clients_and_strange_paths_are_refused(running: Fixture) -> None:
    """The dumb protocol is refused with a reason, unknown repositories and other owners are not found."""

    async def scenario() -> None:
        async with running() as host, aiohttp.ClientSession() as session:
            await host.create_repository("x")
            for path, status in (
                ("nephio/x.git/info/refs", 403),
                ("nephio/y.git/info/refs?service=git-upload-pack", 404),
                ("other/x.git/info/refs?service=git-upload-pack", 404),
                ("nephio/..%2fx.git/info/refs?service=git-upload-pack", 404),
                ("nephio/x/info/refs?service=git-upload-pack", 200),
            ):
                async with session.get(f"{host.url}/{path}") as answer:
                    assert (path, answer.status) == (path, status)

    asyncio.run(scenario())


def test_a_compressed_request_is_read(running: Fixture) -> None:
    """A request body in gzip, as git sends long negotiations, is understood."""

    async def scenario() -> None:
        async with running() as host, aiohttp.ClientSession() as session:
            tip = await filled(host)
            unknown = b"".join(b"0032have %040x\n" % number for number in range(1, 5000))
            body = b"0098want %s multi_ack_detailed no-done side-band-64k thin-pack ofs-delta " % tip.encode()
            body = b"%04x" % (len(body) - 4 + 4 + 1) + body[4:] + b"\n" + b"0000" + unknown + b"0009done\n"
            async with session.post(
                f"{host.url}/nephio/x.git/git-upload-pack",
                data=gzip.compress(body),
                headers={"Content-Encoding": "gzip", "Content-Type": "application/x-git-upload-pack-request"},
            ) as answer:
                assert answer.status == 200
                assert (await answer.read()).startswith(b"0008NAK\n")

    asyncio.run(scenario())


def test_a_push_that_breaks_off_changes_nothing(running: Fixture, tmp_path: Path) -> None:
    """A client that dies in the middle of its push leaves refs and objects as they were."""

    async def scenario() -> None:
        async with running() as host:
            tip = await filled(host)
            reader, writer = await asyncio.open_connection("127.0.0.1", int(host.url.rpartition(":")[2]))
            writer.write(
                b"POST /nephio/x.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
                b"Content-Length: 100000\r\n\r\n" + f"{94:04x}{tip} {'1' * 40} {MAIN}".encode()
            )
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            assert await reader.read() == b""
            remote = RemoteRepository((await host.find("x")).pull_url)
            assert (await remote.fetch())[MAIN] == tip
            remote.close()

    asyncio.run(scenario())
    objects = tmp_path / "host/nephio/x.git/objects"
    assert [path.name for path in objects.iterdir() if len(path.name) > 2 and path.name not in ("info", "pack")] == []


def test_a_damaged_repository_is_said(running: Fixture, tmp_path: Path, git: Fixture) -> None:
    """After a restart a repository with a broken commit is LAB032; the others work, and it can be removed."""

    async def scenario() -> None:
        async with running() as host:
            tip = await filled(host)
            await filled(host, "good")
        file = tmp_path / "host/nephio/x.git/objects" / tip[:2] / tip[2:]
        file.chmod(0o644)
        file.write_bytes(b"no zlib")
        async with running() as host:
            assert list(host.damaged) == ["x"]
            for ask in (host.find, host.create_repository):
                with pytest.raises(LabError, match="LAB032"):
                    await ask("x")
            (tmp_path / "host/nephio/x.git/packed-refs").write_text("nonsense\n")
            assert "error: 500" in (await git(".", "clone", f"{host.url}/nephio/x.git", "c1")).stderr
            async with aiohttp.ClientSession() as session, session.get(f"{host.url}/?format=json") as answer:
                listed = (await answer.json())["repositories"]
                assert {one["name"]: one["damaged"] for one in listed} == {"good": False, "x": True}
            assert (await git(".", "clone", f"{host.url}/nephio/good.git", "c2")).returncode == 0
            await host.delete_repository("x")
            assert await host.find("x") is None

    asyncio.run(scenario())


def test_a_clients_folder_keeps_what_was_fetched(running: Fixture, tmp_path: Path) -> None:
    """With a folder, fetched commits can be read after a restart while the host is away, and only news is fetched."""

    async def scenario() -> None:
        async with running() as host:
            tip = await filled(host)
            url = (await host.find("x")).push_url
            (tmp_path / "store").mkdir()
            first = RemoteRepository(url, credentials=host.credentials, folder=tmp_path / "store")
            await first.fetch()
            (tmp_path / "store/packed-refs.lock").touch()
            await host.pause()
            second = RemoteRepository(url, credentials=host.credentials, folder=tmp_path / "store")
            assert second.files(tip) == {"a": b"0"}
            with pytest.raises(GitUnreachable):
                await second.fetch()
            await host.resume()
            child = new_commit(first, tip)
            await first.push({MAIN: (tip, child)})
            assert (await second.fetch())[MAIN] == child
            second.close()
            assert [one.id for one in second.history(child)] == [child, tip]
            first.close()
            second.close()

    asyncio.run(scenario())


def test_it_works_on_virtual_time(running: Fixture, git: Fixture) -> None:
    """On a loop whose time jumps, a real git in a thread clones and pushes; time does not run away from it."""

    async def scenario() -> None:
        async with running() as host:
            tip = await filled(host)
            cloned = await git(".", "clone", "-q", f"{host.url}/nephio/x.git", "clone")
            assert (cloned.returncode, cloned.stderr) == (0, "")
            pushed = await git(
                "clone", "push", f"http://lab:secret@{host.url[7:]}/nephio/x.git", "HEAD:refs/heads/other"
            )
            assert pushed.returncode == 0
            remote = RemoteRepository(f"{host.url}/nephio/x.git", route=host)
            assert (await remote.refs())["refs/heads/other"] == tip
            await asyncio.sleep(3600)
            remote.close()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(scenario())
