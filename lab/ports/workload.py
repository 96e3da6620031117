"""What an agent may hold: the one workload cluster that it runs on. Orchestrators may not import this module."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.ports.transport import Transport


@dataclass(frozen=True, slots=True)
class WorkloadCluster:
    """A workload cluster as the agent's own ServiceAccount reaches it, from inside."""

    name: str
    transport: Transport = field(repr=False)
