"""Looks at the Pods of a workload that is not ready, to learn whether it can become so."""

from __future__ import annotations

from lab.kit.clock import Clock
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import POD, Object, namespace_of
from lab.reconcile.health import Readiness
from lab.reconcile.pod_trouble import assess_pods, has_pods, pod_selector


class PodLook:
    """Reads Pods by the selector of their workload."""

    def __init__(self, client: KubeClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def trouble(self, workload: Object) -> Readiness | None:
        """What keeps the workload from becoming ready for good, or None; also None where Pods may not be read."""
        selector = pod_selector(workload) if has_pods(workload) else ""
        if not selector:
            return None
        return await self.trouble_of(namespace_of(workload), selector)

    async def trouble_of(self, namespace: str, selector: str) -> Readiness | None:
        """The same, for the Pods with these labels."""
        try:
            pods, _version = await self._client.list(POD, namespace, labels=selector)
        except KubeError as error:
            if error.code == 403:
                return None
            raise
        return assess_pods(pods, self._clock.now())
