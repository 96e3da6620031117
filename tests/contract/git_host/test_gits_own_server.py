"""The lab's Git client against git's own server, as Gitea and others run it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from lab.git.remote import GitConflict, GitMissing, RemoteRepository
from lab.git.seed import publish

AT = datetime(2030, 1, 1, tzinfo=UTC)
AUTHOR = "Ada <ada@example.com>"
MAIN = "refs/heads/main"


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[str]:
    """The URL of `git http-backend` for the repositories in a folder."""

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        done = await asyncio.to_thread(
            subprocess.run, ["git", "http-backend"], input=body, env=environment, capture_output=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(body=content, status=status, headers=headers)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def test_publish_fetch_and_conflict(tmp_path: Path) -> None:
    """Publishing, fetching whole and shallow, pushing from a shallow store, and losing a race work as with our host."""
    bare = tmp_path / "x.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    subprocess.run(["git", "-C", str(bare), "config", "http.receivepack", "true"], check=True)

    async def scenario() -> None:
        async with served(tmp_path) as url:
            writer = RemoteRepository(f"{url}/x.git")
            first = await publish(writer, "p", {"Kptfile": b"1"}, at=AT, author=AUTHOR)
            second = await publish(writer, "p", {"Kptfile": b"2"}, at=AT, author=AUTHOR)
            whole, shallow = RemoteRepository(f"{url}/x.git"), RemoteRepository(f"{url}/x.git")
            assert (await whole.fetch())["refs/tags/p/v1"] == first.commit
            assert [one.id for one in whole.history(second.commit)] == [second.commit, first.commit]
            await shallow.fetch("main", depth=1)
            assert len(shallow.history(second.commit)) == 1
            third = await publish(shallow, "q", {"Kptfile": b"3"}, at=AT, author=AUTHOR)
            with pytest.raises(GitConflict):
                await writer.push({MAIN: (second.commit, first.commit), "refs/tags/lost": (None, first.commit)})
            refs = await whole.fetch()
            assert refs[MAIN] == third.commit
            assert "refs/tags/lost" not in refs
            assert whole.is_ancestor(first.commit, third.commit)
            nobody = RemoteRepository(f"{url}/none.git")
            with pytest.raises(GitMissing):
                await nobody.refs()
            for one in (writer, whole, shallow, nobody):
                one.close()

    asyncio.run(scenario())
    fsck = subprocess.run(["git", "-C", str(bare), "fsck", "--strict"], capture_output=True, text=True, check=True)
    assert fsck.stdout == ""
