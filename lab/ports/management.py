"""What an orchestrator may hold: the management cluster, and nothing that could reach another."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.ports.transport import Transport


@dataclass(frozen=True, slots=True)
class ManagementCluster:
    """The management cluster as the orchestrator's own ServiceAccount reaches it."""

    name: str
    transport: Transport = field(repr=False)
