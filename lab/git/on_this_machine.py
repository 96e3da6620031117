"""Reaching a repository that lies on this machine: by a route of the process that hosts it, or by its path."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from lab.errors.base import LabError
from lab.git.commits import peel
from lab.git.failures import GitConflict, denied, no_repository, refusal, unreachable
from lab.git.object_pool import ObjectPool
from lab.git.packed_refs import PackedRefs, RefChange, RefState, RefsUnreadable
from lab.git.urls import without_credentials
from lab.ports.git_host import Credentials, LocalRoute


@runtime_checkable
class GuardedRoute(LocalRoute, Protocol):
    """A route whose host checks who writes and wants to know what was written, as it would over the network."""

    def may_write(self, url: str, credentials: Credentials | None) -> bool:
        """Whether a push with these credentials would be let in."""
        ...

    def moved(self, url: str, changes: Mapping[str, tuple[str | None, str | None]]) -> None:
        """Refs of the repository moved from the first id to the second."""
        ...


class LocalAccess:
    """The way to the repository at `url` that needs no socket, when there is one. Reads its objects into `pool`."""

    def __init__(self, url: str, route: LocalRoute | None, credentials: Credentials | None, pool: ObjectPool) -> None:
        self._url = url
        self._shown = without_credentials(url)
        self._route = route
        self._credentials = credentials
        self._pool = pool
        self._refs: tuple[Path, PackedRefs] | None = None

    def read(self) -> RefState | None:
        """The refs, HEAD among them; None when the repository must be reached over the network.

        Raises GitUnreachable, GitMissing, or LabError LAB032 when they are damaged.
        """
        found = self._open()
        if found is None:
            return None
        path, refs = found
        try:
            state = refs.read()
        except RefsUnreadable as error:
            raise LabError("LAB032", f"The refs of {path} cannot be read", str(error)) from error
        head = state.commit(refs.head() or "")
        return RefState({"HEAD": head, **state.values}, state.peeled) if head else state

    def may_push(self) -> bool:
        """Whether `push` is the way to go; False when it must be the network. Raises GitDenied, GitUnreachable."""
        if self._path() is None:
            return False
        if isinstance(self._route, GuardedRoute) and not self._route.may_write(self._url, self._credentials):
            raise denied(self._shown)
        return True

    def push(self, changes: Sequence[RefChange], *, atomic: bool) -> None:
        """Write what is new and move the refs. Blocks. Raises GitConflict, GitMissing, GitUnreachable or LabError."""
        found = self._open()
        if found is None:
            raise no_repository(self._shown)
        path, refs = found
        try:
            self._pool.send([change.new for change in changes if change.new is not None], path)
            refused = refs.apply(changes, atomic=atomic)
        except FileExistsError as error:
            raise GitConflict(f"fatal: Unable to create '{error.filename}': File exists.") from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise LabError("LAB012", f"No space left for {path}", "Nothing of the push counts.") from error
        self._tell([change for change in changes if change.name not in refused])
        if refused:
            raise refusal(self._shown, refused)

    def _tell(self, made: Sequence[RefChange]) -> None:
        moved = {change.name: (change.old, change.new) for change in made if change.old != change.new}
        if moved and isinstance(self._route, GuardedRoute):
            self._route.moved(self._url, moved)

    def _open(self) -> tuple[Path, PackedRefs] | None:
        path = self._path()
        if path is None:
            return None
        if not (path / "HEAD").exists():
            raise no_repository(self._shown)
        if self._refs is None or self._refs[0] != path:
            self._refs = (path, PackedRefs(path, lambda one: peel(self._pool, one)))
        self._pool.read_hosted(path)
        return self._refs

    def _path(self) -> Path | None:
        if self._route is not None:
            try:
                return self._route.path(self._url)
            except ConnectionError as error:
                raise unreachable(self._shown, str(error) or "Connection refused") from error
        if self._url.startswith("file://"):
            return Path(unquote(urlsplit(self._url).path))
        return Path(self._url) if self._url.startswith("/") else None
