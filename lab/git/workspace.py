"""A clone with files in it, and what a person does there: change, commit, push, pull, look at the log.

Runs the machine's own git by GitPython, with settings of its own: no hook, signature or editor of the person's
configuration gets in the way, and a token is never written to the clone nor shown in the list of processes.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lab.errors.base import LabError
from lab.git.failures import GitConflict, GitDenied, GitFailure, GitMissing, GitUnreachable
from lab.kit.files import write_atomic
from lab.ports.git_host import Credentials

if TYPE_CHECKING:
    from git import Repo

T = TypeVar("T")

_SIGNS: tuple[tuple[tuple[str, ...], type[GitFailure]], ...] = (
    (("Authentication failed", "could not read Username", "error: 403", "Permission denied"), GitDenied),
    (("[rejected]", "[remote rejected]", "failed to push some refs"), GitConflict),
    (("not found", "couldn't find remote ref", "does not exist", "does not appear to be a git repository"), GitMissing),
    (("unable to access", "Could not resolve", "Connection refused", "hung up unexpectedly"), GitUnreachable),
)


class Workspace:
    """A clone in a folder. Persons read `Name <mail>`. Failures are those of `lab.git.failures`."""

    def __init__(self, repo: Repo, environment: Mapping[str, str]) -> None:
        self._repo = repo
        self._environment = dict(environment)

    @classmethod
    async def clone(
        cls, url: str, folder: Path, credentials: Credentials | None = None, *, depth: int | None = None
    ) -> Workspace:
        """Clone the repository into `folder`, which must be missing or empty. Raises LabError when git is missing."""
        environment = _environment(credentials)
        options: dict[str, Any] = {} if depth is None else {"depth": depth}
        git = _git()
        repo = await _run(lambda: git.Repo.clone_from(url, folder, env=environment, **options))
        return cls(repo, environment)

    @classmethod
    def open(cls, folder: Path, credentials: Credentials | None = None) -> Workspace:
        """The clone that is in `folder` already. Raises GitMissing."""
        git = _git()
        try:
            return cls(git.Repo(folder), _environment(credentials))
        except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
            raise GitMissing(f"fatal: not a git repository: {folder}") from error

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return Path(str(self._repo.working_tree_dir))

    async def commit(
        self, changes: Mapping[str, bytes | str | None], message: str, *, author: str, at: datetime
    ) -> str:
        """Write the files (None removes one), commit everything that differs and return the commit's id.

        Raises GitConflict when nothing differs.
        """
        name, _, mail = author.rstrip(">").partition(" <")
        date = f"{int(at.timestamp())} {at.strftime('%z')}"
        person = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", mail), ("DATE", date))
        }

        def work() -> str:
            for path, content in changes.items():
                self._change(path, content)
            with self._repo.git.custom_environment(**self._environment, **person):
                self._repo.git.add("--all")
                if not self._repo.git.status("--porcelain"):
                    raise GitConflict("nothing to commit, working tree clean")
                self._repo.git.commit("--no-verify", "-m", message)
            return self._repo.head.commit.hexsha

        return await _run(work)

    async def push(self, refspec: str = "HEAD", *, force: bool = False) -> None:
        """Push to where the clone came from; GitConflict when the server has what is not here."""
        arguments = ["--force"] if force else []
        await self._git("push", *arguments, "origin", refspec)

    async def pull(self) -> str:
        """Bring what is new on the server here and return the commit that the files are of now."""
        await self._git("pull", "--ff-only")
        return await _run(lambda: self._repo.head.commit.hexsha)

    async def log(self, limit: int = 20) -> list[tuple[str, str]]:
        """Id and subject of the newest commits; empty before the first."""
        if not self._repo.head.is_valid():
            return []
        text = await self._git("log", f"--max-count={limit}", "--format=%H %s")
        return [(line[:40], line[41:]) for line in text.splitlines()]

    def read(self, path: str) -> bytes | None:
        """The content of a file, None when it is not there."""
        file = self._inside(path)
        return file.read_bytes() if file.is_file() else None

    def close(self) -> None:
        """Let go of open files."""
        self._repo.close()

    async def _git(self, command: str, *arguments: str) -> str:
        def work() -> str:
            with self._repo.git.custom_environment(**self._environment):
                return str(getattr(self._repo.git, command)(*arguments))

        return await _run(work)

    def _change(self, path: str, content: bytes | str | None) -> None:
        file = self._inside(path)
        if content is None:
            file.unlink(missing_ok=True)
        else:
            write_atomic(file, content)

    def _inside(self, path: str) -> Path:
        file = (self.folder / path).resolve()
        if not file.is_relative_to(self.folder.resolve()):
            raise ValueError(f"not a path inside the clone: {path!r}")
        return file


def _git() -> Any:
    """GitPython, which looks for git when it is imported."""
    try:
        import git
    except ImportError as error:
        raise LabError("LAB013", "git is missing", str(error), ["apt-get install git"]) from error
    return git


def _environment(credentials: Credentials | None) -> dict[str, str]:
    result = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "",
        "LC_ALL": "C",
    }
    if credentials is not None:
        pair = base64.b64encode(f"{credentials.username}:{credentials.token}".encode()).decode()
        result |= {
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_1": "http.extraHeader",
            "GIT_CONFIG_VALUE_1": f"Authorization: Basic {pair}",
        }
    return result


async def _run(work: Callable[[], T]) -> T:
    git = _git()

    def guarded() -> T:
        try:
            return work()
        except git.GitCommandNotFound as error:
            raise LabError("LAB013", "git is missing", str(error), ["apt-get install git"]) from error
        except git.GitCommandError as error:
            raise _failure(str(error.stderr).strip().removeprefix("stderr: '").removesuffix("'")) from error

    return await asyncio.to_thread(guarded)


def _failure(words: str) -> GitFailure:
    for signs, kind in _SIGNS:
        if any(sign in words for sign in signs):
            return kind(words)
    return GitFailure(words)
