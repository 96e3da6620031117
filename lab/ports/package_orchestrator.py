"""The port for what turns PackageVariants into commits.

Repositories, variants and approvals are Kubernetes objects on the management cluster, the same on every profile;
the port is about having an orchestrator that serves them.
"""

from __future__ import annotations

from typing import Protocol

from lab.model.fidelity import Fidelity


class PackageOrchestrator(Protocol):
    """An async context: after `start` it serves, after `stop` it holds nothing."""

    @property
    def fidelity(self) -> Fidelity:
        """What the orchestrator is."""
        ...

    async def start(self) -> None:
        """Serve PackageRevisions and reconcile variants; returns when the first look at every Repository is done."""
        ...

    async def stop(self) -> None:
        """Stop; nothing acknowledged is lost, Git holds the truth."""
        ...
