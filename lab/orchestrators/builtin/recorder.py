"""Kubernetes Events about package revisions, for `kubectl get events`.

Source: Nephio, approval controller, events of the component approval-controller; client-go, event recorder.
"""

from __future__ import annotations

import hashlib

from lab.kit.clock import Clock, timestamp
from lab.kube.client import KubeClient, KubeError
from lab.kube.paths import EVENT, Object
from lab.orchestrators.builtin.names import revision_uid
from lab.orchestrators.builtin.objects import API_VERSION
from lab.orchestrators.builtin.revision import Key, Revision

COMPONENT = "approval-controller"


class Recorder:
    """Writes an Event when what it says about a revision is new; the same said again is not written again."""

    def __init__(self, client: KubeClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._said: dict[Key, tuple[str, str]] = {}

    async def say(self, revision: Revision, reason: str, message: str, *, warning: bool = False) -> None:
        """Record one Event on the PackageRevision; an Event that cannot be written is no failure of the act."""
        if self._said.get(revision.key) == (reason, message):
            return
        self._said[revision.key] = reason, message
        try:
            await self._client.create(EVENT, self._event(revision, reason, message, warning))
        except (KubeError, ConnectionError):
            self._said.pop(revision.key, None)

    def forget(self, key: Key) -> None:
        """The revision is gone."""
        self._said.pop(key, None)

    def _event(self, revision: Revision, reason: str, message: str, warning: bool) -> Object:
        now = self._clock.now()
        digest = hashlib.sha256(f"{revision.name}{reason}{message}{now.isoformat()}".encode()).hexdigest()[:16]
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{revision.name[:230]}.{digest}", "namespace": revision.namespace},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": "PackageRevision",
                "namespace": revision.namespace,
                "name": revision.name,
                "uid": revision_uid(revision.namespace, revision.name),
            },
            "reason": reason,
            "message": message,
            "type": "Warning" if warning else "Normal",
            "source": {"component": COMPONENT},
            "firstTimestamp": timestamp(now),
            "lastTimestamp": timestamp(now),
            "count": 1,
            "reportingComponent": COMPONENT,
            "reportingInstance": "",
        }
