"""Where Git declares an object: file and line in a repository at a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.git.remote import GitMissing, GitUnreachable, RemoteRepository
from lab.ports.git_host import Credentials, LocalRoute
from lab.reconcile.packages import package_directories, package_of
from lab.render.manifests import locate

MAIN = "refs/heads/main"


@dataclass(frozen=True, slots=True)
class Subject:
    """An object that is asked about; an empty `kind` means a whole package of that `name`."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        if not self.kind:
            return self.name
        place = f" in {self.namespace}" if self.namespace else ""
        return f"{self.kind.lower()}/{self.name}{place}"


@dataclass(frozen=True, slots=True)
class Declaration:
    """Where it stands: the package's directory, the file in the repository, its line, and the commit looked at."""

    repository: str
    directory: str
    file: str
    line: int
    commit: str

    @property
    def package(self) -> str:
        """The package's name: its directory."""
        return self.directory


class GitReader:
    """The heads of the lab's repositories, read over Git as anyone may; raises GitUnreachable while Git is away."""

    def __init__(self, credentials: Credentials, route: LocalRoute | None = None) -> None:
        self._credentials = credentials
        self._route = route

    async def declaration(self, name: str, url: str, subject: Subject, ref: str = MAIN) -> Declaration | None:
        """Where a repository declares the subject on `ref`; None when it does not, or there is no such ref."""
        head = await self._head(url, ref)
        if head is None:
            return None
        commit, files = head
        return find(name, commit, files, subject)

    async def _head(self, url: str, ref: str) -> tuple[str, dict[str, bytes]] | None:
        repository = RemoteRepository(url, credentials=self._credentials, route=self._route)
        try:
            seen = await repository.fetch(ref, depth=1)
            commit = seen.get(ref)
            return (commit, repository.files(commit)) if commit else None
        except GitMissing:
            return None
        finally:
            repository.close()


def find(repository: str, commit: str, files: Mapping[str, bytes], subject: Subject) -> Declaration | None:
    """Where `files` declare the subject; the first package that does, in the order of directories."""
    directories = package_directories(files)
    if not subject.kind:
        line = 1 if subject.name in directories else 0
        return Declaration(repository, subject.name, f"{subject.name}/Kptfile", line, commit) if line else None
    by_directory: dict[str, dict[str, str]] = {}
    for path, content in files.items():
        if path.endswith((".yaml", ".yml", ".json")):
            by_directory.setdefault(package_of(path, directories), {})[path] = content.decode(errors="replace")
    for directory in sorted(by_directory):
        found = locate(by_directory[directory], subject.kind, subject.name, subject.namespace)
        if found is not None:
            return Declaration(repository, directory, found[0], found[1], commit)
    return None


__all__ = ["Declaration", "GitReader", "GitUnreachable", "Subject", "find"]
