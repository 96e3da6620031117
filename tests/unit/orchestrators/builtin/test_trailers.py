"""Messages of commits and what is read from them."""

from __future__ import annotations

from lab.orchestrators.builtin.trailers import (
    Publication,
    Trailer,
    approval_message,
    author_of,
    draft_message,
    origin_of,
    policy_in,
    trailers_in,
)

CLONE = {"type": "clone", "clone": {"upstreamRef": {"upstreamRef": {"name": "blueprints.cluster-baseline.v1"}}}}


def test_a_draft_commit_is_porchs_byte_by_byte():
    """Subject, two blank lines and the trailer with its keys in order."""
    assert draft_message("clone", "infra/cluster-baseline", "ws-3", CLONE) == (
        "Creating new revision by cloning\n\n\n"
        'kpt:{"package":"infra/cluster-baseline","workspaceName":"ws-3","revision":"0","task":{"type":"clone","clone":'
        '{"upstreamRef":{"upstreamRef":{"name":"blueprints.cluster-baseline.v1"}}}}}\n'
    )


def test_the_type_of_a_task_comes_first():
    """However the API stored the task, its trailer begins with the type, as Porch writes it."""
    task = {"init": {"description": "d"}, "type": "init"}
    assert Trailer("a", "w", "0", task).line().endswith('"task":{"type":"init","init":{"description":"d"}}}')


def test_an_approval_of_a_blueprint_is_porchs_byte_by_byte():
    """Without a cluster the subject is Porch's own."""
    publication = Publication("web", "infra/web", 2, "ws-3", "a <a>")
    assert approval_message(publication) == (
        'Approving package revision infra/web/2\n\nkpt:{"package":"infra/web","workspaceName":"ws-3","revision":"2"}\n'
    )


def test_an_approval_for_a_cluster_keeps_porchs_facts():
    """With a cluster the seed's subject comes first; policy and trailer can be read again."""
    message = approval_message(Publication("web", "web", 1, "ws", "a <a>", "my-ran", "up", ("f:v1",), "initial"))
    assert message.startswith("Rendered web v1 for my-ran\n\nApproving package revision web/1\n")
    assert policy_in(message) == "initial"
    assert trailers_in(message) == [Trailer("web", "ws", "1")]


def test_what_cannot_be_read_is_left_out():
    """Broken trailers are passed over."""
    assert trailers_in('x\n\nkpt:{broken\n  kpt:{"package":"a"}\nkpt:[]\n') == [Trailer("a", "", "")]


def test_authors():
    """The user counts, then the Repository's own author, then the committer; nothing breaks the identity."""
    assert author_of("ada") == "ada <ada>"
    assert author_of("a<b>\nc") == "abc <abc>"
    assert author_of("", "Bot", "bot@example.com") == "Bot <bot@example.com>"
    assert author_of("") == "Package Orchestration Service <porch@kpt.dev>"


def test_the_creating_task_is_found_behind_renderings():
    """From an approval the walk goes through the draft's commits to the task that made it."""
    commits = {
        "m2": (approval_message(Publication("web", "web", 1, "ws", "a <a>")), ("m1", "d3")),
        "d3": (draft_message("render", "web", "ws", {"type": "render"}), ("d2",)),
        "d2": ("by hand\n", ("d1",)),
        "d1": (draft_message("clone", "web", "ws", CLONE), ("m1",)),
        "m1": ("first\n", ()),
    }
    origin = origin_of("m2", "web", "ws", read=lambda commit: commits[commit])
    assert (origin.commit, origin.task) == ("d1", CLONE)
    assert origin_of("m1", "web", "ws", read=lambda commit: commits[commit]) is None
