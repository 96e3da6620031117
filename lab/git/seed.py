"""Publishing a folder of packages into a blueprint repository, laid out as Porch leaves it after an approval.

Each revision is one commit on main in which the package's directory holds exactly the given files, and the tag
`PACKAGE/vN` at that commit; both appear together.

Source: Porch, Git storage: refs of published revisions, commit messages and the `kpt:` trailer, revision numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lab.errors.base import LabError, Place
from lab.git.remote import GitConflict, RemoteRepository

MAIN = "refs/heads/main"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class PublishedRevision:
    """A revision in Git: its number counts from 1, the workspace is `vN`; `new` when this call made it."""

    package: str
    workspace: str
    revision: int
    commit: str
    new: bool


async def publish(
    repository: RemoteRepository, package: str, files: Mapping[str, bytes], *, at: datetime, author: str
) -> PublishedRevision:
    """Publish `files` (path inside the package to content) as the next revision of `package` (its path).

    When the latest revision holds just that, nothing is written and that revision comes back. `at` is aware, `author`
    reads `Name <mail>`. Raises LabError for a package without Kptfile, and what `RemoteRepository.push` raises.
    """
    if "Kptfile" not in files:
        raise LabError("LAB003", f"The package {package} cannot be published", "package must contain Kptfile at root")
    for attempt in range(1, _ATTEMPTS + 1):
        refs = await repository.fetch()
        revision, tip = latest_revision(refs, package)
        if tip is not None and repository.files(tip, package) == dict(files):
            return PublishedRevision(package, f"v{revision}", revision, tip, new=False)
        try:
            return await _add(repository, package, files, revision + 1, refs.get(MAIN), at, author)
        except GitConflict:
            # Somebody published in between: what is there now decides anew.
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def publish_folder(
    repository: RemoteRepository, folder: Path, *, at: datetime, author: str
) -> list[PublishedRevision]:
    """Publish every package below `folder`, each at its path there, sorted. Raises as `publish`."""
    return [
        await publish(repository, package, read_package(folder / package), at=at, author=author)
        for package in packages_below(folder)
    ]


def packages_below(folder: Path) -> Sequence[str]:
    """The directories below `folder` that hold a Kptfile and lie in no other package, sorted. Raises LabError."""
    try:
        found = sorted(file.parent.relative_to(folder).as_posix() for file in folder.rglob("Kptfile"))
    except OSError as error:
        raise LabError("LAB005", f"{folder} cannot be read", error.strerror or "", place=Place(str(folder))) from error
    return [one for one in found if not any(one.startswith(f"{other}/") for other in found)]


def read_package(folder: Path) -> dict[str, bytes]:
    """The files of a package by their path in it; what git would not keep (`.git`) is left out. Raises LabError."""
    try:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(folder).parts
        }
    except OSError as error:
        raise LabError("LAB005", f"{folder} cannot be read", error.strerror or "", place=Place(str(folder))) from error


def latest_revision(refs: Mapping[str, str], package: str) -> tuple[int, str | None]:
    """The highest revision number among the tags of the package and its commit; 0 and None when there is none."""
    pattern = re.compile(rf"refs/tags/{re.escape(package)}/v([1-9][0-9]*)")
    found = {int(match[1]): commit for name, commit in refs.items() if (match := pattern.fullmatch(name))}
    number = max(found, default=0)
    return number, found.get(number)


async def _add(
    repository: RemoteRepository,
    package: str,
    files: Mapping[str, bytes],
    revision: int,
    main: str | None,
    at: datetime,
    author: str,
) -> PublishedRevision:
    workspace = f"v{revision}"
    commit = repository.write_commit(
        base_tree_of=main,
        replace={package: files},
        parents=[main] if main else [],
        author=author,
        committer=author,
        authored=at,
        committed=at,
        message=_message(package, workspace, revision),
    )
    await repository.push({MAIN: (main, commit), f"refs/tags/{package}/{workspace}": (None, commit)})
    return PublishedRevision(package, workspace, revision, commit, new=True)


def _message(package: str, workspace: str, revision: int) -> str:
    facts = {"package": package, "workspaceName": workspace, "revision": str(revision)}
    trailer = json.dumps(facts, separators=(",", ":"), ensure_ascii=False)
    return f"Approving package revision {package}/{revision}\n\nkpt:{trailer}\n"
