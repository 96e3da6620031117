"""Building commits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.git.remote import RemoteRepository

AT = datetime(2030, 1, 1, tzinfo=UTC)


def write(repository: RemoteRepository, replace: Mapping[str, Any], base: str | None = None, **other: Any) -> str:
    """A commit with everything of no interest filled in."""
    facts: dict[str, Any] = {
        "parents": [base] if base else [],
        "author": "Ada <a@e>",
        "committer": "Porch <p@e>",
        "authored": AT,
        "committed": AT,
        "message": "m\n",
    }
    return repository.write_commit(base_tree_of=base, replace=replace, **{**facts, **other})


def test_the_same_input_gives_the_same_id() -> None:
    """Two stores that build one commit agree on its id."""
    ids = {write(RemoteRepository("http://x.invalid/a"), {"p": {"b": b"2", "a": b"1"}}) for _ in range(2)}
    assert len(ids) == 1


def test_only_the_named_directories_change() -> None:
    """A replaced directory holds exactly the new files, a removed one is gone, all others are untouched."""
    repository = RemoteRepository("http://x.invalid/a")
    base = write(repository, {"": {"a/b/old": b"1", "a/keep": b"2", "c/x": b"3", "top": b"4"}})
    tip = write(repository, {"a/b": {"new": b"5"}, "c": None}, base)
    assert repository.files(tip) == {"a/b/new": b"5", "a/keep": b"2", "top": b"4"}


def test_no_empty_directory_stays() -> None:
    """Removing the last file of a directory removes the directories above it that are empty then."""
    repository = RemoteRepository("http://x.invalid/a")
    base = write(repository, {"a/b/c": {"x": b"1"}, "d": {"y": b"1"}})
    tip = write(repository, {"a/b/c": None}, base)
    assert [path for path, _, _ in repository.directories(tip)] == ["d", "d/y"]
    assert repository.files(write(repository, {"d": None}, tip)) == {}


def test_removing_what_is_not_there_changes_nothing() -> None:
    """A directory that is missing already can be removed."""
    repository = RemoteRepository("http://x.invalid/a")
    base = write(repository, {"a": {"x": b"1"}})
    assert repository.tree_id(write(repository, {"b/c": None}, base)) == repository.tree_id(base)


def test_a_file_keeps_its_mode(git: Callable[..., str], repository: RemoteRepository) -> None:
    """A script stays executable when its content is replaced."""
    blob = git("hash-object", "-w", "/dev/null")
    git("read-tree", "--empty")
    git("update-index", "--add", "--cacheinfo", f"100755,{blob},p/run.sh")
    git("update-ref", "refs/heads/main", git("commit-tree", "-m", "x", git("write-tree")))
    base = asyncio.run(repository.fetch("main"))["refs/heads/main"]
    tip = write(repository, {"p": {"run.sh": b"true", "data": b"1"}}, base)
    assert {path: oct(mode) for path, mode, _ in repository.directories(tip, "p")} == {
        "data": "0o100644",
        "run.sh": "0o100755",
    }


@pytest.mark.parametrize("path", ["../x", "a/../x", ".git/config", "a//b", "", "a/"])
def test_paths_outside_the_repository_are_refused(path: str) -> None:
    """A file cannot be written above the directory, below `.git`, or without a name."""
    with pytest.raises(ValueError, match="not a path"):
        write(RemoteRepository("http://x.invalid/a"), {"p": {path: b"x"}})


def test_a_name_is_a_file_or_a_directory() -> None:
    """One name cannot be both."""
    with pytest.raises(ValueError, match="both a file and a directory"):
        write(RemoteRepository("http://x.invalid/a"), {"": {"a": b"x", "a/b": b"y"}})


@pytest.mark.parametrize(
    "wrong", [{"author": "nobody"}, {"committer": "a <b>\nx"}, {"authored": AT.replace(tzinfo=None)}]
)
def test_persons_and_dates_are_checked(wrong: dict[str, Any]) -> None:
    """A person without a mail address, or a date without a time zone, is refused before git would choke on it."""
    with pytest.raises(ValueError, match=r"person|aware"):
        write(RemoteRepository("http://x.invalid/a"), {"": {"a": b"x"}}, **wrong)
