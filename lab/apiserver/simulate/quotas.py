"""The status of ResourceQuotas: what is limited and what is used. Source: Kubernetes, resourcequota controller."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.quota_admission import QUOTAS, usage
from lab.apiserver.core.quota_usage import shown
from lab.apiserver.simulate.world import World


def reconciler(cluster: Cluster) -> Callable[[World, str, str], Awaitable[float | None]]:
    """A controller over the quotas of one cluster; usage is counted where admission counts it."""

    async def reconcile(world: World, namespace: str, name: str) -> float | None:
        quota = await world.client.find(QUOTAS, namespace, name)
        if quota is None:
            return None
        used = {key: shown(key, amount) for key, amount in usage(cluster, quota).items()}
        await world.client.patch_status(QUOTAS, quota, {"hard": quota["spec"].get("hard") or {}, "used": used})
        return None

    return reconcile
