"""The port for clusters: something that makes, finds and removes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from lab.model.fidelity import Fidelity
from lab.ports.transport import Transport


class Role(StrEnum):
    """What a cluster is in the lab."""

    MANAGEMENT = "management"
    WORKLOAD = "workload"


class Capability(StrEnum):
    """What only some clusters can do; a scenario names what it needs."""

    PODS = "pods"
    WEBHOOKS = "webhooks"
    SEPARATE_NETWORKS = "separate-networks"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of the machine: `code` of the catalog, what was seen, whether it is good, and a line to paste."""

    code: str
    check: str
    good: bool
    seen: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """A running cluster as its owner reaches it.

    `server` is the URL of its API; `credentials` what a kubeconfig holds for its admin: `ca`, `certificate`, `key` in
    PEM or `token`. `transport` speaks as that admin.
    """

    name: str
    role: Role
    server: str
    credentials: Mapping[str, str] = field(repr=False)
    transport: Transport = field(repr=False)


class ClusterProvider(Protocol):
    """Everything is idempotent: creating what is there finds it, deleting what is gone is done."""

    @property
    def fidelity(self) -> Fidelity:
        """What its clusters are."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What its clusters can do."""
        ...

    async def create(self, name: str, role: Role) -> ClusterAccess:
        """A cluster whose API answers. Raises LabError."""
        ...

    async def find(self, name: str) -> ClusterAccess | None:
        """The running cluster of this lab, or None."""
        ...

    async def list(self) -> Sequence[str]:
        """Names of this lab's clusters."""
        ...

    async def delete(self, name: str) -> None:
        """The cluster and everything of it is gone, its identities included."""
        ...
