"""What lab.yaml asks for, checked and complete: clusters and flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MANAGEMENT = "mgmt"
"""The name of the management cluster and of its context."""


class Bootstrap(StrEnum):
    """Who installs the agent: the lab runs the two applies and shows them, or they are left to you."""

    AUTO = "auto"
    MANUAL = "manual"


class Approval(StrEnum):
    """The policy of a flow's variant; `manual` leaves every draft to a person."""

    INITIAL = "initial"
    ALWAYS = "always"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Network:
    """An address range of a cluster: `cidr` such as `10.10.0.0/16`."""

    name: str
    cidr: str


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A workload cluster as it is described; the description connects nothing."""

    name: str
    site: str = ""
    cnis: tuple[str, ...] = ()
    provider: str = ""
    networks: tuple[Network, ...] = ()
    bootstrap: Bootstrap = Bootstrap.AUTO


@dataclass(frozen=True, slots=True)
class Flow:
    """One package for one cluster; `values` are setters, `workspace` the upstream's (`v1`)."""

    package: str
    to: str
    values: Mapping[str, str] = field(default_factory=dict)
    approve: Approval = Approval.INITIAL
    workspace: str = "v1"

    @property
    def variant(self) -> str:
        """The PackageVariant's name: `baseline-my-ran` for cluster-baseline, as the document has it."""
        return f"{self.package.removeprefix('cluster-')}-{self.to}"


@dataclass(frozen=True, slots=True)
class LabSpec:
    """A whole lab; `packages` is a folder of blueprints, `period` the agents' in seconds."""

    name: str
    profile: str
    clusters: tuple[ClusterSpec, ...]
    flows: tuple[Flow, ...]
    packages: str
    period: float = 15.0
    strict: bool = False
    api_port: int = 0
    git_port: int = 0

    def cluster(self, name: str) -> ClusterSpec | None:
        """The workload cluster of that name, or None."""
        return next((c for c in self.clusters if c.name == name), None)
