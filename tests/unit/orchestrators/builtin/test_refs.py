"""Where revisions stand in Git."""

from __future__ import annotations

from lab.orchestrators.builtin.lifecycle import Lifecycle
from lab.orchestrators.builtin.refs import Tracked, directory_of, interesting, number_of, revisions_in


def test_every_state_has_its_place():
    """Branches and tags give path, label and state of each revision."""
    refs = {
        "refs/heads/main": "a",
        "refs/heads/drafts/infra/web/ws-1": "b",
        "refs/heads/proposed/infra/web/ws-2": "c",
        "refs/tags/infra/web/v1": "d",
        "refs/tags/infra/web/v2": "e",
        "refs/heads/deletionProposed/infra/web/v2": "e",
        "refs/tags/release": "f",
    }
    found = {(item.path, item.label): item.lifecycle for item in revisions_in(refs)}
    assert found == {
        ("infra/web", "ws-1"): Lifecycle.DRAFT,
        ("infra/web", "ws-2"): Lifecycle.PROPOSED,
        ("infra/web", "v1"): Lifecycle.PUBLISHED,
        ("infra/web", "v2"): Lifecycle.DELETION_PROPOSED,
    }


def test_a_revision_in_two_places_is_the_further_one():
    """What a push left behind halfway is taken for the proposal that it became."""
    refs = {"refs/heads/drafts/web/ws": "a", "refs/heads/proposed/web/ws": "b"}
    assert [(item.lifecycle, item.commit) for item in revisions_in(refs)] == [(Lifecycle.PROPOSED, "b")]


def test_versions():
    """Only vN without leading zeros is a revision number."""
    assert [number_of(label) for label in ("v1", "v12", "v0", "v01", "v1.2", "main")] == [1, 12, 0, None, None, None]


def test_directories():
    """Outer slashes make no difference, and packages outside the directory are none."""
    assert {directory_of(text) for text in ("", "/")} == {""}
    assert {directory_of(text) for text in ("infra", "/infra", "infra/", "/infra/")} == {"infra"}
    tracked = Tracked("main", "infra")
    assert tracked.path("web") == "infra/web"
    assert tracked.package("infra/web/ui") == "web/ui"
    assert [tracked.package(path) for path in ("infra", "infrared/web", "web")] == [None, None, None]


def test_refs_of_people_are_no_news():
    """Branches that say nothing about packages are passed over."""
    refs = {"refs/heads/main": "a", "refs/heads/feature": "b", "refs/pull/1/head": "c", "HEAD": "a"}
    assert interesting(refs, Tracked("main")) == {"refs/heads/main": "a"}
