"""The port for what pulls commits into a cluster, from inside that cluster."""

from __future__ import annotations

from typing import Protocol

from lab.model.fidelity import Fidelity


class SyncAgent(Protocol):
    """The process behind the agent's Deployment on one cluster; bootstrap is two applies, done by a person."""

    @property
    def fidelity(self) -> Fidelity:
        """What the agent is."""
        ...

    async def run(self) -> None:
        """Serve every RootSync of the cluster until cancelled."""
        ...
