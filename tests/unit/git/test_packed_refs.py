"""Refs of a bare repository that move together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.git.packed_refs import PackedRefs, RefChange, RefsUnreadable

A, B, C = ("a" * 40, "b" * 40, "c" * 40)
MAIN = "refs/heads/main"


def test_a_missing_file_means_no_refs(tmp_path: Path) -> None:
    """A repository without `packed-refs` has no refs."""
    assert PackedRefs(tmp_path).read().values == {}


@pytest.mark.parametrize(("old", "refused"), [(A, False), (None, True), (B, True)])
def test_a_ref_moves_only_from_the_expected_value(tmp_path: Path, old: str | None, refused: bool) -> None:
    """A change whose old value is not the present one is refused, a creation of what exists included."""
    refs = PackedRefs(tmp_path)
    assert refs.apply([RefChange(MAIN, None, A)], atomic=True) == {}
    assert bool(refs.apply([RefChange(MAIN, old, C)], atomic=True)) is refused
    assert refs.read().values == {MAIN: A if refused else C}


def test_one_refusal_refuses_all_when_atomic(tmp_path: Path) -> None:
    """An atomic transaction with one bad change makes none, another one makes the good ones."""
    refs = PackedRefs(tmp_path)
    changes = [RefChange(MAIN, None, A), RefChange("refs/tags/v1", B, A)]
    assert refs.apply(changes, atomic=True) == {MAIN: "atomic push failed", "refs/tags/v1": "failed to update ref"}
    assert refs.read().values == {}
    assert refs.apply(changes, atomic=False) == {"refs/tags/v1": "failed to update ref"}
    assert refs.read().values == {MAIN: A}


@pytest.mark.parametrize("name", ["HEAD", "refs/heads/a..b", "refs/heads/x.lock", "heads/x", "refs/heads/"])
def test_odd_names_are_refused(tmp_path: Path, name: str) -> None:
    """Only well-formed names below refs/ can be written."""
    assert PackedRefs(tmp_path).apply([RefChange(name, None, A)], atomic=True) == {name: "funny refname"}


@pytest.mark.parametrize("second", ["refs/heads/a", "refs/heads/a/b/c"])
def test_a_ref_cannot_be_a_folder_of_another(tmp_path: Path, second: str) -> None:
    """A name that another one would need as a folder is refused, as git could not clone both."""
    refs = PackedRefs(tmp_path)
    refs.apply([RefChange("refs/heads/a/b", None, A)], atomic=True)
    assert refs.apply([RefChange(second, None, A)], atomic=True) == {
        second: f"'refs/heads/a/b' exists; cannot create '{second}'"
    }


def test_a_branch_may_take_the_place_of_its_folder(tmp_path: Path) -> None:
    """One transaction deletes a branch and creates one that needs its name as a folder."""
    refs = PackedRefs(tmp_path)
    refs.apply([RefChange("refs/heads/a", None, A)], atomic=True)
    changes = [RefChange("refs/heads/a", A, None), RefChange("refs/heads/a/b", None, A)]
    assert refs.apply(changes, atomic=True) == {}


def test_git_reads_what_is_written(bare: Path, git: Callable[..., str]) -> None:
    """git sees the refs in the file, with what annotated tags lead to."""
    commit = git("commit-tree", "-m", "x", git("hash-object", "-t", "tree", "-w", "/dev/null"))
    tag = _tag(git, commit)
    refs = PackedRefs(bare, lambda one: commit if one == tag else None)
    assert refs.apply([RefChange(MAIN, None, commit), RefChange("refs/tags/v1", None, tag)], atomic=True) == {}
    assert git("rev-parse", MAIN, "v1^{commit}").split() == [commit, commit]
    assert refs.read().peeled == {"refs/tags/v1": commit}
    assert refs.apply([RefChange("refs/tags/v1", commit, None)], atomic=True) == {}


def test_refs_that_git_wrote_are_seen_and_folded_in(bare: Path, git: Callable[..., str]) -> None:
    """A ref in a file of its own counts before the packed one, and the next transaction packs it."""
    first = git("commit-tree", "-m", "1", git("hash-object", "-t", "tree", "-w", "/dev/null"))
    second = git("commit-tree", "-m", "2", git("hash-object", "-t", "tree", "-w", "/dev/null"))
    refs = PackedRefs(bare)
    refs.apply([RefChange(MAIN, None, first)], atomic=True)
    git("update-ref", MAIN, second)
    git("update-ref", "refs/heads/other", first)
    assert refs.read().values == {MAIN: second, "refs/heads/other": first}
    assert refs.apply([RefChange(MAIN, second, first)], atomic=True) == {}
    assert not (bare / MAIN).exists()
    assert git("for-each-ref", "--format=%(refname) %(objectname)").splitlines() == [
        f"{MAIN} {first}",
        f"refs/heads/other {first}",
    ]


def test_every_writer_is_counted_once(tmp_path: Path) -> None:
    """Of many threads that move one ref from where they saw it, each success builds on another one."""
    names = [f"{number:040x}" for number in range(1, 101)]
    won: list[tuple[str | None, str]] = []

    def write(part: list[str]) -> None:
        refs = PackedRefs(tmp_path)
        for name in part:
            now = refs.read().values.get(MAIN)
            if not refs.apply([RefChange(MAIN, now, name)], atomic=True):
                won.append((now, name))

    threads = [threading.Thread(target=write, args=(names[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    followers = dict(won)
    assert len(followers) == len(won)
    chain, at = 0, None
    while at in followers:
        at, chain = followers[at], chain + 1
    assert chain == len(won)
    assert PackedRefs(tmp_path).read().values == {MAIN: at}


def test_two_writes_in_one_tick_do_not_look_alike(tmp_path: Path) -> None:
    """A reader that looked before sees every later write, however fast they follow each other."""
    reader, writer = PackedRefs(tmp_path), PackedRefs(tmp_path)
    now = None
    for number in range(1, 200):
        new = f"{number:040x}"
        assert writer.apply([RefChange(MAIN, now, new)], atomic=True) == {}
        assert reader.read().values == {MAIN: new}
        now = new


def test_locks_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    """A lock left behind stops writers until the owner of the repository clears it away."""
    (tmp_path / "packed-refs.lock").touch()
    refs = PackedRefs(tmp_path)
    with pytest.raises(FileExistsError):
        refs.apply([RefChange(MAIN, None, A)], atomic=True)
    assert refs.recover() == ["packed-refs.lock"]
    assert refs.apply([RefChange(MAIN, None, A)], atomic=True) == {}


@pytest.mark.parametrize("content", [b"nonsense\n", b"\xff\xfe\n", A.encode() + b" no-ref\n"])
def test_a_damaged_file_is_said(tmp_path: Path, content: bytes) -> None:
    """A line that is no ref is an error and never an empty repository."""
    (tmp_path / "packed-refs").write_bytes(content)
    with pytest.raises(RefsUnreadable):
        PackedRefs(tmp_path).read()


def _tag(git: Callable[..., str], commit: str) -> str:
    git("tag", "-a", "-m", "note", "made", commit)
    made = git("rev-parse", "refs/tags/made")
    git("tag", "-d", "made")
    return made
