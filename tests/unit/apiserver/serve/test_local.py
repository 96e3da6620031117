"""The in-process transport."""

from __future__ import annotations

import asyncio

import pytest

MAPS = "/api/v1/namespaces/default/configmaps"


def test_cancelled_reader_leaves_no_watch(with_kube):
    """A task that is cancelled while it waits for an event leaves no watch behind."""

    async def scenario(kube):
        watch = await kube.watch(MAPS, resourceVersion=str(kube.cluster.rev))
        task = asyncio.create_task(watch.next())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert kube.cluster.watchers == {}

    with_kube(scenario)


def test_close_ends_streams(with_kube):
    """Closing the client ends every stream of it, and no other."""

    async def scenario(kube):
        other = kube.as_("kubernetes-admin", "system:masters")
        mine = await kube.watch(MAPS, resourceVersion=str(kube.cluster.rev))
        theirs = await other.watch(MAPS, resourceVersion=str(kube.cluster.rev))
        await kube.transport.close()
        with pytest.raises(StopAsyncIteration):
            await mine.next()
        await kube.post(MAPS, {"metadata": {"name": "a"}})
        assert await theirs.names(1) == [("ADDED", "a")]

    with_kube(scenario)


def test_headers_are_found_by_any_case(with_kube):
    """Header names of requests may have capitals; those of replies are lower case."""

    async def scenario(kube):
        status, headers, body = await kube.transport.request("GET", MAPS, headers={"Accept": "application/yaml"})
        assert (status, headers["content-type"]) == (200, "application/yaml")
        assert body.startswith(b"apiVersion: v1")

    with_kube(scenario)
