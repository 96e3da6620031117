"""Ordered faults."""

from __future__ import annotations

import pytest

from lab.apiserver.core.errors import ApiError
from lab.apiserver.core.faults import Fault

MAPS = "/api/v1/namespaces/default/configmaps"


def test_error_a_number_of_times(with_kube):
    """A fault refuses as often as ordered, and only what it is for."""

    async def scenario(kube):
        error = ApiError(429, "TooManyRequests", "slow down", retry_after=3)
        kube.api.faults.add(Fault(verb="list", resource="configmaps", error=error, times=2))
        codes = [(await kube.get(MAPS)).code for _ in range(3)]
        assert codes == [429, 429, 200]
        assert (await kube.get("/api/v1/namespaces")).code == 200

    with_kube(scenario)


def test_latency_and_disconnect(with_kube):
    """A fault may slow a request down, or break its connection."""

    async def scenario(kube):
        slow = kube.api.faults.add(Fault(cluster="mgmt", latency=7.0))
        began = kube.api.clock.time()
        await kube.get(MAPS)
        assert pytest.approx(kube.api.clock.time() - began) == 7.0
        kube.api.faults.remove(slow)
        kube.api.faults.add(Fault(disconnect=True))
        with pytest.raises(ConnectionResetError):
            await kube.get(MAPS)
        kube.api.faults.clear()
        assert (await kube.get(MAPS)).code == 200

    with_kube(scenario)


def test_dropped_watches(with_kube):
    """Watches of a resource can be dropped; their readers see the end."""

    async def scenario(kube):
        watch = await kube.watch(MAPS, resourceVersion=str(kube.cluster.rev))
        assert kube.cluster.close_watches("configmaps") == 1
        with pytest.raises(StopAsyncIteration):
            await watch.next()

    with_kube(scenario)
