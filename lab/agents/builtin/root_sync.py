"""The RootSync object on the cluster: its status, its one-word annotation, its finalizer."""

from __future__ import annotations

import logging
from typing import Any

from lab.agents.builtin.status import STATUS_ANNOTATION, SyncState, document
from lab.agents.builtin.sync_spec import SyncSpec
from lab.kit.clock import Clock, timestamp
from lab.kube.client import JSON_PATCH, KubeClient, KubeError
from lab.kube.paths import ROOT_SYNC, Object

FINALIZER = "configsync.gke.io/reconciler"


class RootSyncObject:
    """One RootSync; writes only what changed. A RootSync that is gone is written to in vain, which is no error."""

    def __init__(self, client: KubeClient, clock: Clock, obj: Object, log: logging.Logger) -> None:
        self._client = client
        self._clock = clock
        self._log = log
        meta = obj["metadata"]
        self._name = str(meta["name"])
        self._namespace = str(meta.get("namespace") or "")
        self._status: dict[str, Any] = obj.get("status") or {}
        self._word = str((meta.get("annotations") or {}).get(STATUS_ANNOTATION) or "")

    @property
    def status(self) -> dict[str, Any]:
        """The status as last written or found."""
        return self._status

    async def show(self, state: SyncState, spec: SyncSpec) -> None:
        """Bring status and annotation up to date. Raises KubeError."""
        wanted = document(state, spec, self._status, timestamp(self._clock.now()))
        if wanted != self._status:
            patch = [{"op": "add", "path": "/status", "value": wanted}]
            if await self._patch(patch, subresource="status", content_type=JSON_PATCH):
                self._status = wanted
        if state.word != self._word:
            annotations = {STATUS_ANNOTATION: state.word}
            if await self._patch({"metadata": {"annotations": annotations}}):
                self._word = state.word
                self._log.info("RootSync %s/%s is %s", self._namespace, self._name, state.word)

    async def hold(self, obj: Object, *, hold: bool) -> None:
        """Add or remove the finalizer that makes deletion wait for the agent. Raises KubeError."""
        present = list(obj["metadata"].get("finalizers") or [])
        wanted = [name for name in present if name != FINALIZER] + ([FINALIZER] if hold else [])
        if wanted != present and (FINALIZER in present) != hold:
            await self._patch({"metadata": {"finalizers": wanted or None}})

    async def _patch(self, patch: Any, **how: str) -> bool:
        try:
            await self._client.patch(ROOT_SYNC, self._name, patch, namespace=self._namespace, **how)
        except KubeError as error:
            if error.not_found:
                return False
            raise
        return True
