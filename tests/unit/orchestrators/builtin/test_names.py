"""Names and uids of package revisions."""

from __future__ import annotations

import pytest

from lab.orchestrators.builtin.names import name_faults, next_variant_workspace, revision_name, revision_uid


@pytest.mark.parametrize(
    ("namespace", "name", "uid"),
    [
        ("rpkg-push", "git.test-package.push", "0e7dd104-514e-5455-b077-6f196b04165c"),
        ("rpkg-clone", "git.basens-clone.clone-2", "710e4f9b-b21f-5786-bf04-1d1d9b32d57c"),
    ],
)
def test_uids_are_those_of_porch(namespace, name, uid):
    """The uid follows from namespace and name alone."""
    assert uid == revision_uid(namespace, name)


def test_slashes_become_dots():
    """A package's path is joined by dots in the name."""
    assert revision_name("blueprints", "infra/web", "v1") == "blueprints.infra.web.v1"


@pytest.mark.parametrize(
    ("taken", "next_one"),
    [
        ([], "packagevariant-1"),
        (["packagevariant-1", "packagevariant-7"], "packagevariant-8"),
        (["packagevariant-1"], "packagevariant-2"),
        (["main", "v1", "packagevariant-x"], "packagevariant-1"),
    ],
)
def test_workspaces_of_variants_count_up(taken, next_one):
    """The next workspace is one more than the highest; a suffix that is no number counts as none."""
    assert next_one == next_variant_workspace(taken)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("repo", "Web", "v1"), 'package name "Web"'),
        (("repo", "a//b", "v1"), 'package name "a//b"'),
        (("repo", "web", "v1.2"), 'workspace name "v1.2"'),
        (("repo", "web", "w" * 64), "no more than 63"),
        (("r" * 60, "/".join(["p" * 60] * 4), "w"), "no more than 253"),
    ],
)
def test_names_that_are_none(parts, text):
    """Each part that is no label is named."""
    assert any(text in fault for fault in name_faults(*parts))
