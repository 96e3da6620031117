"""The Git of an embedded lab: its key, its port, and the repository of blueprints that it begins with."""

from __future__ import annotations

import errno
import importlib.resources
import secrets
from pathlib import Path

from lab.errors.base import LabError
from lab.git.remote import RemoteRepository
from lab.git.seed import publish_folder
from lab.git_hosts.embedded.host import EmbeddedGitHost
from lab.kit.clock import Clock
from lab.kit.files import write_atomic
from lab.model.names import BLUEPRINTS
from lab.model.spec import LabSpec
from lab.ports.git_host import Credentials
from lab.wiring.ports_file import HOST, PortsFile

GIT_USER = "nephio"
AUTHOR = "Blueprints <blueprints@lab.invalid>"


def git_credentials(folder: Path) -> Credentials:
    """The lab's key to its Git, made once and kept for its owner only."""
    file = folder / "keys" / "git-token"
    if not file.exists():
        write_atomic(file, secrets.token_urlsafe(24), mode=0o600)
    return Credentials(GIT_USER, file.read_text())


async def listen(git: EmbeddedGitHost, spec: LabSpec, ports: PortsFile) -> None:
    """Serve Git and remember where. Raises LabError LAB010 when the port is taken, LAB032 for a damaged repository."""
    port = ports.wanted("git", spec.git_port)
    try:
        await git.start()
    except OSError as error:
        # Somebody may take a port between binding it and listening on it.
        if error.errno != errno.EADDRINUSE:
            raise
        why = error.strerror or str(error)
        raise LabError("LAB010", f"Port {port} on {HOST} is taken.", why, ["lab doctor"]) from error
    for damaged in git.damaged.values():
        raise damaged
    ports.remember("git", int(git.url.rpartition(":")[2]))


async def publish_blueprints(git: EmbeddedGitHost, spec: LabSpec, clock: Clock) -> None:
    """Fill the repository of blueprints from the lab's packages, when it is new."""
    hosted = await git.create_repository(BLUEPRINTS)
    repository = RemoteRepository(hosted.push_url, credentials=git.credentials, route=git)
    try:
        if not await repository.refs():
            await publish_folder(repository, blueprints(spec), at=clock.now(), author=AUTHOR)
    finally:
        repository.close()


def blueprints(spec: LabSpec) -> Path:
    """The folder of packages: the one that lab.yaml names, else the lab's own."""
    return Path(spec.packages) if spec.packages else Path(str(importlib.resources.files("lab") / "blueprints"))
