"""Publishing packages into a blueprint repository."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lab.errors.base import LabError
from lab.git.remote import RemoteRepository
from lab.git.seed import PublishedRevision, packages_below, publish, publish_folder, read_package

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
AUTHOR = "Ada <ada@example.com>"
FILES = {"Kptfile": b"apiVersion: kpt.dev/v1\n", "ns.yaml": b"kind: Namespace\n"}


def put(repository: RemoteRepository, package: str, files: dict[str, bytes]) -> PublishedRevision:
    """Publish at noon."""
    return asyncio.run(publish(repository, package, files, at=AT, author=AUTHOR))


def test_the_first_revision_is_v1(repository: RemoteRepository, git: Callable[..., str]) -> None:
    """The package is on main, a lightweight tag names the commit, the trailer tells package and workspace."""
    made = put(repository, "infra/cluster-baseline", FILES)
    assert (made.workspace, made.revision, made.new) == ("v1", 1, True)
    assert git("rev-parse", "main", "infra/cluster-baseline/v1").split() == [made.commit, made.commit]
    assert git("cat-file", "-t", "infra/cluster-baseline/v1") == "commit"
    assert git("ls-tree", "-r", "--name-only", "main").split() == [
        "infra/cluster-baseline/Kptfile",
        "infra/cluster-baseline/ns.yaml",
    ]
    assert git("log", "-1", "--format=%B", "main") == (
        "Approving package revision infra/cluster-baseline/1\n\n"
        'kpt:{"package":"infra/cluster-baseline","workspaceName":"v1","revision":"1"}'
    )


def test_unchanged_content_makes_nothing(repository: RemoteRepository) -> None:
    """Publishing what the latest revision holds gives that revision and writes nothing."""
    first = put(repository, "base", FILES)
    before = asyncio.run(repository.refs())
    again = put(repository, "base", FILES)
    assert (again.commit, again.revision, again.new) == (first.commit, 1, False)
    assert asyncio.run(repository.refs()) == before


def test_changed_content_is_the_next_revision(repository: RemoteRepository) -> None:
    """Changed files make v2 and leave v1 and other packages as they were; going back to old files is a revision too."""
    first = put(repository, "base", FILES)
    other = put(repository, "addons", FILES)
    second = put(repository, "base", {**FILES, "ns.yaml": b"kind: Other\n"})
    third = put(repository, "base", FILES)
    assert [one.revision for one in (first, other, second, third)] == [1, 1, 2, 3]
    refs = asyncio.run(repository.refs())
    assert refs["refs/tags/base/v1"] == first.commit
    assert repository.files(refs["refs/heads/main"]).keys() == {
        f"{package}/{file}" for package in ("base", "addons") for file in FILES
    }


def test_somebody_else_may_publish_meanwhile(bare: Path) -> None:
    """Two publishers at once both get through, one after the other, without losing a package."""

    async def both() -> None:
        clients = [RemoteRepository(str(bare)) for _ in range(3)]
        await asyncio.gather(
            *(publish(client, f"p{n}", FILES, at=AT, author=AUTHOR) for n, client in enumerate(clients))
        )
        refs = await clients[0].fetch()
        assert {"p0", "p1", "p2"} == {path.split("/")[0] for path in clients[0].files(refs["refs/heads/main"])}
        for client in clients:
            client.close()

    asyncio.run(both())


def test_a_package_has_a_kptfile(repository: RemoteRepository) -> None:
    """Files without a Kptfile are refused as Porch refuses them."""
    with pytest.raises(LabError) as caught:
        put(repository, "base", {"ns.yaml": b""})
    assert caught.value.why == "package must contain Kptfile at root"


def test_a_folder_of_packages(repository: RemoteRepository, tmp_path: Path) -> None:
    """Every directory with a Kptfile is a package, what lies in one is part of it, and `.git` is left out."""
    for path in ("base/Kptfile", "base/sub/Kptfile", "infra/net/Kptfile", "base/.git/config", "infra/README.md"):
        (tmp_path / "packages" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "packages" / path).write_text("x")
    assert packages_below(tmp_path / "packages") == ["base", "infra/net"]
    assert read_package(tmp_path / "packages/base") == {"Kptfile": b"x", "sub/Kptfile": b"x"}
    made = asyncio.run(publish_folder(repository, tmp_path / "packages", at=AT, author=AUTHOR))
    assert [one.package for one in made] == ["base", "infra/net"]
