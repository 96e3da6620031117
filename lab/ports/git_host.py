"""The port for Git: something that keeps repositories and serves them over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lab.model.fidelity import Fidelity


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and token for HTTP basic authentication."""

    username: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HostedRepository:
    """A repository: `push_url` is for people on this machine, `pull_url` for what runs inside clusters."""

    name: str
    push_url: str
    pull_url: str


class GitHost(Protocol):
    """Repositories can be read by anyone who reaches the host and written with `credentials`."""

    @property
    def fidelity(self) -> Fidelity:
        """What the host is."""
        ...

    @property
    def credentials(self) -> Credentials:
        """The lab's own account."""
        ...

    async def create_repository(self, name: str) -> HostedRepository:
        """The repository, made when missing, with no commit when new. Raises LabError."""
        ...

    async def find(self, name: str) -> HostedRepository | None:
        """The repository, or None."""
        ...

    async def list(self) -> Sequence[HostedRepository]:
        """Every repository of the lab."""
        ...

    async def delete_repository(self, name: str) -> None:
        """The repository is gone."""
        ...


class LocalRoute(Protocol):
    """Tells which URLs are repositories of this very process, so that its parts need no socket to reach them."""

    def path(self, url: str) -> Path | None:
        """The bare repository behind `url`, or None when it must be reached over the network.

        Raises ConnectionError while the host is made unreachable on purpose.
        """
        ...
