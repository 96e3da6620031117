"""Git that is there already: any URL prefix and token. The lab makes and removes no repository there."""

from __future__ import annotations

from collections.abc import Sequence

from lab.errors.base import LabError
from lab.git.remote import GitDenied, GitFailure, GitMissing, GitUnreachable, RemoteRepository
from lab.git.urls import without_credentials
from lab.model.fidelity import Fidelity
from lab.ports.git_host import Credentials, HostedRepository


class ExistingGitHost:
    """Repositories `PREFIX/NAME.git`. `pull_prefix` is what clusters reach them by, the same when left out."""

    def __init__(self, prefix: str, credentials: Credentials, *, pull_prefix: str | None = None) -> None:
        self._prefix = prefix.rstrip("/")
        self._pull_prefix = (pull_prefix or prefix).rstrip("/")
        self._credentials = credentials
        self._used: dict[str, HostedRepository] = {}

    @property
    def fidelity(self) -> Fidelity:
        """What the host is."""
        return Fidelity.YOURS

    @property
    def credentials(self) -> Credentials:
        """The account that was given."""
        return self._credentials

    async def create_repository(self, name: str) -> HostedRepository:
        """The repository, which must exist. Raises LabError LAB203 when it does not or may not be read."""
        found = await self.find(name)
        if found is None:
            raise LabError(
                "LAB203",
                f"There is no repository {without_credentials(self._url(name))}",
                "On an existing Git host the lab uses repositories and makes none.",
                [f"git ls-remote {without_credentials(self._url(name))}"],
            )
        return found

    async def find(self, name: str) -> HostedRepository | None:
        """The repository when the account can read it, or None. Raises LabError LAB203 or LAB602."""
        repository = RemoteRepository(self._url(name), credentials=self._credentials)
        try:
            await repository.refs()
        except GitMissing:
            self._used.pop(name, None)
            return None
        except GitFailure as error:
            raise _error(self._url(name), error) from error
        finally:
            repository.close()
        hosted = HostedRepository(name, push_url=self._url(name), pull_url=f"{self._pull_prefix}/{name}.git")
        self._used[name] = hosted
        return hosted

    async def list(self) -> Sequence[HostedRepository]:
        """Every repository that the lab has found here so far: Git itself has no list to ask for."""
        return [self._used[name] for name in sorted(self._used)]

    async def delete_repository(self, name: str) -> None:
        """Refused with LabError LAB026: what the lab did not make, it does not remove."""
        raise LabError(
            "LAB026",
            f"The repository {without_credentials(self._url(name))} was not made by this lab, so it is not removed",
            "On an existing Git host the lab only writes commits, branches and tags.",
        )

    def _url(self, name: str) -> str:
        return f"{self._prefix}/{name}.git"


def _error(url: str, error: GitFailure) -> LabError:
    shown = without_credentials(url)
    steps = [f"git ls-remote {shown}"]
    if isinstance(error, GitUnreachable):
        return LabError("LAB602", f"The Git server of {shown} does not answer", error.message, steps)
    words = "does not let this account in" if isinstance(error, GitDenied) else "cannot be read"
    return LabError("LAB203", f"The repository {shown} {words}", error.message, steps)
