"""What a Repository object says of its place and of others."""

from __future__ import annotations

import pytest

from lab.orchestrators.builtin.registration import overlapping


def repository(name, created, directory="/"):
    """A Repository of the default namespace."""
    return {
        "metadata": {"namespace": "default", "name": name, "creationTimestamp": f"2030-01-01T00:00:{created:02}Z"},
        "spec": {"git": {"repo": "http://git.lab.example/lab/x.git", "directory": directory}},
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "shared"),
    [("/", "/", True), ("/a", "/", True), ("a/b", "/a/", True), ("/a", "/b", False), ("/ab", "/a", False)],
)
def test_directories_share_packages_when_one_holds_the_other(mine, theirs, shared):
    """Two registrations of one branch overlap when they are the same place or one is inside the other."""
    others = {("default", "old"): repository("old", 1, theirs)}
    found = overlapping(("default", "new"), repository("new", 2, mine), others)
    assert found == (("default", "old") if shared else None)


def test_the_oldest_of_several_is_named():
    """Whoever was refused earlier is not blamed; a younger one never is."""
    others = {("default", name): repository(name, age) for name, age in (("b", 3), ("z", 1), ("a", 9))}
    assert overlapping(("default", "new"), repository("new", 5), others) == ("default", "z")
    assert overlapping(("default", "z"), repository("z", 1), others) is None
