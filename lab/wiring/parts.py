"""The component table of the document: every part, where it is, what for, its state, and whether it is real."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lab.events.board import Board
from lab.model.fidelity import Fidelity
from lab.model.spec import MANAGEMENT


@dataclass(frozen=True, slots=True)
class Part:
    """One row: `state` is `up`, `down`, `missing`, `manual` or `stopped`; `fidelity` real, stand-in or yours."""

    name: str
    where: str
    purpose: str
    state: str
    fidelity: str
    detail: str = ""

    @property
    def shown_state(self) -> str:
        """The state with its detail, for people."""
        return f"{self.state} ({self.detail})" if self.detail else self.state

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON data."""
        return asdict(self)


def parts_of(board: Board, *, up: bool) -> list[Part]:
    """The rows of a lab whose server is `up`; what the board has not heard of is missing.

    Source: the document's table of required components, in its order.
    """
    alive = "up" if up else "down"
    repositories = [r for r in board.repositories.values() if r.ready]
    deployments = sorted(r.repository for r in repositories if r.deployment)
    workloads = board.lab.clusters if board.lab else ()
    fidelity = {name: part.fidelity for name, part in board.parts.items()}
    rows = [
        _counted("ClusterContext", MANAGEMENT, "metadata for rendering", len(board.contexts), len(workloads), alive),
        _counted("Repository", MANAGEMENT, "tells Porch which Git", len(repositories), len(workloads) + 1, alive),
        _counted("PackageVariants", MANAGEMENT, "tell Porch what to render", len(board.variants), 0, alive),
        Part("Porch", MANAGEMENT, "renders and commits", alive, fidelity.get("porch", Fidelity.STAND_IN)),
        Part(
            "Git", "git", "delivers: Git is the bridge", alive, fidelity.get("git", Fidelity.REAL), _some(deployments)
        ),
    ]
    for cluster in workloads:
        rows.append(Part("API server", cluster, "the cluster", alive, fidelity.get(cluster, Fidelity.STAND_IN)))
        agent = "up" if board.agents.get(cluster) and up else "stopped" if cluster in board.agents else "missing"
        why = "" if agent == "up" or not up else "nothing pulls"
        rows.append(Part("Config Sync", cluster, "pulls and applies", agent if up else "down", _agent(fidelity), why))
        syncs = board.syncs.get(cluster, {})
        rows.append(_counted("RootSync", cluster, "tells which repo", len(syncs), 1, alive))
    return rows


def _counted(name: str, where: str, purpose: str, count: int, wanted: int, alive: str) -> Part:
    state = alive if count >= max(wanted, 1) else "missing"
    return Part(name, where, purpose, state, "real", f"{count}" if count != 1 else "")


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} repositories" if names else ""


def _agent(fidelity: dict[str, str]) -> str:
    return fidelity.get("agent", Fidelity.STAND_IN)
