"""The folder of bare repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors.base import LabError
from lab.git_hosts.embedded.repositories import BareRepositories


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every path below the folder, with the content of files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_making_one_gives_the_same_files_each_time(tmp_path: Path) -> None:
    """Two new repositories of one name are the same, file by file."""
    first, second = (BareRepositories(tmp_path / side, "nephio").create("x") for side in "ab")
    assert contents(first) == contents(second)
    assert (first / "HEAD").read_text() == "ref: refs/heads/main\n"


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a..b", "x.git", "x.lock", "a b", "a" * 101])
def test_names_that_cannot_be_are_refused(tmp_path: Path, name: str) -> None:
    """A name that is no single plain path segment is LAB004, and is never there."""
    repositories = BareRepositories(tmp_path, "nephio")
    assert not repositories.has(name)
    with pytest.raises(LabError, match="LAB004"):
        repositories.create(name)


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    """Half-made repositories, locks and half-written objects are gone after recovery, the rest stays."""
    repositories = BareRepositories(tmp_path, "nephio")
    path = repositories.create("x")
    before = contents(tmp_path)
    for left in (".new-1/HEAD", ".gone-2/y.git/HEAD"):
        (tmp_path / "nephio" / left).parent.mkdir(parents=True)
        (tmp_path / "nephio" / left).touch()
    for left in ("packed-refs.lock", "objects/ab/tmp_obj_1", "objects/incoming-3/pack/x", "objects/tmp_pack_4"):
        (path / left).parent.mkdir(parents=True, exist_ok=True)
        (path / left).touch()
    assert repositories.recover() == {}
    assert contents(tmp_path) == {**before, "nephio/x.git/objects/ab": None}
    assert repositories.names() == ["x"]


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("packed-refs", "nonsense\n", "packed-refs, line 1"),
        ("packed-refs", f"{'1' * 40} refs/heads/main\n", "is missing"),
        ("HEAD", "nonsense\n", "HEAD names no branch"),
    ],
)
def test_damage_is_found(tmp_path: Path, file: str, content: str, why: str) -> None:
    """Unreadable refs, refs to nothing and a broken HEAD are LAB032 with the command to look closer."""
    repositories = BareRepositories(tmp_path, "nephio")
    path = repositories.create("x")
    (path / file).write_text(content)
    (error,) = repositories.recover().values()
    assert error.code == "LAB032"
    assert why in error.why
    assert error.next_steps == (f"git --git-dir {path} fsck --full",)
