"""Reading history and files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab.git.remote import GitMissing, RemoteRepository

Commit = Callable[..., str]


@pytest.fixture
def memory() -> RemoteRepository:
    """A repository that lives in memory alone."""
    return RemoteRepository("http://nowhere.invalid/x.git")


def test_a_commit_tells_its_facts(memory: RemoteRepository, commit: Commit) -> None:
    """Persons, dates, parents and message come back as they went in."""
    first = commit(memory, {"a": b"1"})
    found = memory.commit(commit(memory, {"a": b"2"}, first, minutes=1, message="Subject\n\nBody\n"))
    assert found.parents == (first,)
    assert (found.author, found.message) == ("Ada <ada@example.com>", "Subject\n\nBody\n")
    assert found.at == found.authored
    assert found.at.isoformat() == "2030-01-01T12:01:00+00:00"


def test_files_are_relative_to_the_directory(memory: RemoteRepository, commit: Commit) -> None:
    """Files of a directory come with paths relative to it; a missing one has none, and a file is no directory."""
    tip = commit(memory, {"a/b/c.yaml": b"c", "a/d.yaml": b"d", "e.yaml": b"e"})
    assert memory.files(tip, "a") == {"b/c.yaml": b"c", "d.yaml": b"d"}
    assert memory.files(tip, "/a/b/") == {"c.yaml": b"c"}
    assert memory.files(tip, "none") == {}
    assert not memory.has_directory(tip, "e.yaml")
    assert [path for path, _, _ in memory.directories(tip, "a")] == ["b", "b/c.yaml", "d.yaml"]


def test_a_directory_has_one_id_for_one_content(memory: RemoteRepository, commit: Commit) -> None:
    """The id of a directory's tree changes with its content and with nothing else."""
    first = commit(memory, {"a/x": b"1", "b": b"1"})
    second = commit(memory, {"a/x": b"1", "b": b"2"}, first)
    third = commit(memory, {"a/x": b"2", "b": b"2"}, second)
    assert memory.tree_id(first, "a") == memory.tree_id(second, "a") != memory.tree_id(third, "a")
    assert memory.tree_id(first, "none") is None


def test_history_goes_over_all_parents(memory: RemoteRepository, commit: Commit) -> None:
    """A merge brings both sides, newest first and every commit before its parents, though dates may disagree."""
    root = commit(memory, {"a": b"0"}, minutes=9)
    left = commit(memory, {"a": b"1"}, root, minutes=1)
    right = commit(memory, {"a": b"2"}, root, minutes=2)
    merge = commit(memory, {"a": b"3"}, left, right, minutes=3)
    assert [found.id for found in memory.history(merge)] == [merge, right, left, root]
    assert [found.id for found in memory.history(merge, limit=2)] == [merge, right]


def test_history_stops_at_what_is_known(memory: RemoteRepository, commit: Commit) -> None:
    """Nothing that a stop reaches is told, by whatever way it could be reached."""
    root = commit(memory, {"a": b"0"})
    main = commit(memory, {"a": b"1"}, root, minutes=1)
    draft = commit(memory, {"a": b"2"}, root, minutes=2)
    merge = commit(memory, {"a": b"3"}, main, draft, minutes=3)
    assert [found.id for found in memory.history(merge, stop=[main])] == [merge, draft]
    assert memory.history(merge, stop=[merge]) == []
    assert memory.history(main, stop=[merge]) == []


def test_stops_hold_when_clocks_disagree(memory: RemoteRepository, commit: Commit) -> None:
    """A stop with an early date still hides its parents with late ones."""
    late = [commit(memory, {"a": b"0"}, minutes=500)]
    for number in range(1, 60):
        late.append(commit(memory, {"a": str(number).encode()}, late[-1], minutes=500 + number))
    stop = commit(memory, {"a": b"stop"}, late[-1], minutes=1)
    tip = commit(memory, {"a": b"tip"}, late[-1], minutes=600)
    assert [found.id for found in memory.history(tip, stop=[stop])] == [tip]


def test_ancestors(memory: RemoteRepository, commit: Commit) -> None:
    """A commit is its own ancestor and that of what follows, not the other way round."""
    root = commit(memory, {"a": b"0"})
    main = commit(memory, {"a": b"1"}, root, minutes=1)
    other = commit(memory, {"a": b"2"}, root, minutes=2)
    assert memory.is_ancestor(root, main)
    assert memory.is_ancestor(main, main)
    assert not memory.is_ancestor(main, root)
    assert not memory.is_ancestor(main, other)


def test_what_was_not_fetched_is_missing(memory: RemoteRepository, commit: Commit) -> None:
    """A commit that is not here, and a file in a commit's place, are GitMissing."""
    with pytest.raises(GitMissing, match="bad object"):
        memory.commit("0" * 39 + "1")
    with pytest.raises(GitMissing, match="not a commit"):
        memory.files(memory.tree_id(commit(memory, {"a": b"a"})) or "")
