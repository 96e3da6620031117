"""What a worker thread does for one request: read the refs, answer a fetch, take a push."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import BinaryIO

from dulwich.object_store import DiskObjectStore

from lab.errors.base import LabError
from lab.git.object_pool import ObjectPool
from lab.git.packed_refs import RefChange, RefState, RefsUnreadable
from lab.git_hosts.embedded.advertisement import UPLOAD_PACK, advertise
from lab.git_hosts.embedded.listing import Listed
from lab.git_hosts.embedded.packets import Write
from lab.git_hosts.embedded.receive_pack import ReceivePack
from lab.git_hosts.embedded.repositories import BareRepositories, broken_repository
from lab.git_hosts.embedded.upload_pack import UploadPack
from lab.ports.git_host import Credentials


class ServedRepositories:
    """The repositories of `owner` for the HTTP side at `url`; `tell` hears of refs that a push moved."""

    def __init__(
        self,
        repositories: BareRepositories,
        owner: str,
        credentials: Credentials,
        url: str,
        tell: Callable[[str, Sequence[RefChange]], None],
    ) -> None:
        self.credentials = credentials
        self._repositories = repositories
        self._owner = owner
        self._url = url
        self._tell = tell

    def knows(self, owner: str, name: str) -> bool:
        """Whether there is such a repository."""
        return owner == self._owner and self._repositories.has(name)

    def is_private(self, name: str) -> bool:
        """Whether reading it needs the token."""
        return self._repositories.is_private(name)

    def advertisement(self, name: str, service: str, version: int) -> bytes:
        """The answer to the client's first question. Raises LabError for a damaged repository."""
        return b"".join(advertise(service, self._refs(name), self._repositories.refs(name).head(), version))

    def answer(self, name: str, service: str, version: int, body: BinaryIO, write: Write) -> None:
        """Serve one request of the service. Raises LabError for a damaged repository."""
        refs = self._repositories.refs(name)
        folder = self._repositories.path(name)
        if service != UPLOAD_PACK:
            ReceivePack(folder, refs, partial(self._tell, name)).answer(body, write)
            return
        store = DiskObjectStore(str(folder / "objects"))
        try:
            UploadPack(ObjectPool(store), self._refs(name), refs.head()).answer(body, write, version)
        except KeyError as error:
            raise broken_repository(folder, f"Object {error.args[0]!r} is missing") from error
        finally:
            store.close()

    def listed(self) -> list[Listed]:
        """Every repository that anyone may see."""
        return [self._listed(name) for name in self._repositories.names() if not self._repositories.is_private(name)]

    def _refs(self, name: str) -> RefState:
        try:
            return self._repositories.refs(name).read()
        except RefsUnreadable as error:
            raise broken_repository(self._repositories.path(name), str(error)) from error

    def _listed(self, name: str) -> Listed:
        try:
            state = self._refs(name)
        except LabError:
            state = None
        tips = {ref: state.commit(ref) or "" for ref in sorted(state.values)} if state else {}
        return Listed(
            name,
            f"{self._url}/{self._owner}/{name}.git",
            state is None,
            {ref.removeprefix("refs/heads/"): tip for ref, tip in tips.items() if ref.startswith("refs/heads/")},
            {ref.removeprefix("refs/tags/"): tip for ref, tip in tips.items() if ref.startswith("refs/tags/")},
        )
