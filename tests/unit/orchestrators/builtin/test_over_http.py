"""The orchestrator against a Git server that it reaches over HTTP only, with a copy of its own on disk."""

from __future__ import annotations

import base64
from contextlib import ExitStack, closing

from lab.git.remote import RemoteRepository
from lab.git_hosts.embedded.host import EmbeddedGitHost
from lab.kube.paths import REPOSITORY
from lab.manifests import load
from lab.ports.git_host import Credentials

FIRST = "nephio-my-ran.cluster-baseline.packagevariant-1"


def test_the_flow_over_http(bench, run, tmp_path):
    """Over smart HTTP, with credentials from a Secret, a variant becomes a commit, and a restart finds all of it."""

    async def flow() -> None:
        host = EmbeddedGitHost(tmp_path / "git", Credentials("lab", "secret"))
        await host.start()
        try:
            await _flow(bench, host, tmp_path)
        finally:
            await bench.stop()
            await host.stop()

    run(flow())


async def _flow(bench, host, folder) -> None:
    urls = {}
    for name in ("nephio-blueprints", "nephio-my-ran"):
        urls[name] = (await host.create_repository(name)).push_url
    with ExitStack() as opened:
        remotes = {
            name: opened.enter_context(closing(RemoteRepository(url, credentials=host.credentials)))
            for name, url in urls.items()
        }
        bench.git = remotes.__getitem__
        await _commits(bench, host, urls, folder)


async def _commits(bench, host, urls, folder) -> None:
    await bench.publish()
    await bench.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "git"},
            "type": "kubernetes.io/basic-auth",
            "data": {"username": _base64(host.credentials.username), "password": _base64(host.credentials.token)},
        }
    )
    await bench.start(route=None, folder=folder / "copies")
    for name, cluster in (("nephio-blueprints", None), ("nephio-my-ran", "my-ran")):
        for obj in load.parse(load.repository_yaml(name=name, url=urls[name], cluster=cluster, secret="git")):
            await bench.create(obj)
    await bench.variant(approval="initial")
    await bench.until(lambda: _published(bench))
    refs = await bench.refs()
    assert refs["refs/heads/main"] == refs["refs/tags/cluster-baseline/v1"]
    shown = await bench.revision(FIRST)
    await bench.stop()
    await bench.start(route=None, folder=folder / "copies")
    await bench.settled(20)
    assert shown == await bench.revision(FIRST)
    assert refs == await bench.refs()
    assert await bench.ready(REPOSITORY, "nephio-my-ran")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def _published(bench) -> bool:
    return await bench.lifecycle(FIRST) == "Published"
