"""Whatever people and controllers do to a package, Git alone tells how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lab.git.remote import RemoteRepository
from lab.orchestrators.builtin.contents import Content, Contents
from lab.orchestrators.builtin.discovery import Discovery, Shelf
from lab.orchestrators.builtin.git_steps import DraftCommit, GitSteps, Order
from lab.orchestrators.builtin.lifecycle import Act, Lifecycle, NotAllowed, on_approval, on_delete, on_update
from lab.orchestrators.builtin.refs import Tracked
from lab.orchestrators.builtin.revision import Metadata, Revision, latest_of
from lab.orchestrators.builtin.trailers import Publication

KPTFILE = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: web\n"
START = datetime(2030, 1, 1, tzinfo=UTC)
STATES = [*Lifecycle]

steps = st.tuples(
    st.sampled_from(["create", "update", "approval", "delete"]),
    st.integers(min_value=0, max_value=2),
    st.sampled_from(STATES),
)


class World:
    """One repository in memory, its refs, and what people asked for."""

    def __init__(self, directory: str) -> None:
        self.git = RemoteRepository("http://git.lab.example/lab/web.git")
        self.shelf = Shelf("default", "web-repo", Tracked("main", directory), True, cluster="my-ran")
        self.steps = GitSteps(self.shelf, self.git)
        self.refs: dict[str, str] = {}
        self.hour = START
        self.created = 0

    def look(self) -> dict[str, Revision]:
        """What a process that has seen nothing before finds."""
        return Discovery(self.shelf, self.git, Contents()).look(self.refs)

    def order(self) -> Order:
        """The next request."""
        self.hour += timedelta(minutes=1)
        return Order("ada", self.hour)

    def push(self, updates: Mapping[str, tuple[str | None, str | None]]) -> None:
        """All or nothing, as a server does it."""
        for ref, (old, _) in updates.items():
            assert self.refs.get(ref) == old
        for ref, (_, new) in updates.items():
            if new is None:
                self.refs.pop(ref, None)
            else:
                self.refs[ref] = new

    def create(self) -> None:
        """A new draft."""
        self.created += 1
        content = Content({"Kptfile": KPTFILE, "n.txt": f"{self.created}\n"})
        commit = DraftCommit("init", {"type": "init", "init": {}}, content)
        path, workspace = self.shelf.tracked.path("web"), f"ws-{self.created}"
        metadata = Metadata({"draft": str(self.created)})
        self.push(self.steps.create(self.refs, path, workspace, [commit], metadata, self.order()))

    def do(self, act: Act, revision: Revision) -> None:
        """One act of the table."""
        order, kept = self.order(), revision.metadata
        content = Contents().of(revision.tree, lambda: self.git.files(revision.commit, revision.path))
        rendered = DraftCommit("render", {"type": "render"}, content)
        if act is Act.RENDER:
            updates = self.steps.add(self.refs, revision, [rendered], kept, order)
        elif act is Act.PROPOSE:
            updates = self.steps.propose(self.refs, revision, rendered, kept, order)
        elif act is Act.APPROVE:
            publication = Publication("web", revision.path, 0, revision.workspace, order.author, "my-ran")
            updates = self.steps.approve(self.refs, revision, content, publication, order)
        elif act is Act.DELETE:
            updates = self.steps.delete(self.refs, revision, order)
        else:
            simple = {
                Act.KEEP: self.steps.keep,
                Act.REJECT: self.steps.reject,
                Act.PROPOSE_DELETION: self.steps.propose_deletion,
                Act.KEEP_AFTER_ALL: self.steps.keep_after_all,
            }
            updates = simple[act](self.refs, revision, kept, order)
        self.push(updates)


def expected(revision: Revision, act: Act, wanted: Lifecycle) -> Lifecycle | None:
    """The state after an act; None when the revision is gone."""
    if act is Act.DELETE:
        return None
    return revision.lifecycle if act is Act.KEEP else wanted


@given(walk=st.lists(steps, max_size=14), directory=st.sampled_from(["", "infra"]))
def test_git_tells_every_state(walk, directory):
    """After any walk through the table a fresh look at Git finds the revisions, states and metadata asked for."""
    world = World(directory)
    for kind, which, wanted in walk:
        before = world.look()
        if kind == "create" or not before:
            world.create()
            continue
        revision = list(before.values())[which % len(before)]
        try:
            if kind == "delete":
                act = on_delete(revision.lifecycle)
            else:
                act = (on_update if kind == "update" else on_approval)(revision.lifecycle, wanted)
        except NotAllowed:
            continue
        world.do(act, revision)
        after = world.look()
        target = expected(revision, act, wanted)
        found = after.get(revision.name)
        assert (found.lifecycle if found else None) == target
        if found is not None:
            assert found.metadata == revision.metadata
            assert found.task == revision.task
            assert found.created_at == revision.created_at
        for name in before.keys() & after.keys() - {revision.name}:
            if not before[name].placeholder:
                assert before[name] == after[name]
        assert_sound(world, after)


def assert_sound(world: World, revisions: Mapping[str, Revision]) -> None:
    """What holds of every repository at every moment."""
    numbers = sorted(revision.number for revision in revisions.values() if revision.number > 0)
    assert len(numbers) == len(set(numbers))
    latest = [revision for revision in revisions.values() if revision.key in latest_of(revisions.values())]
    assert [revision.number for revision in latest] == numbers[-1:]
    drafts = [ref for ref in world.refs if ref.startswith("refs/heads/drafts/")]
    assert len(drafts) == sum(revision.lifecycle is Lifecycle.DRAFT for revision in revisions.values())


def test_publications_count_up_and_keep_their_draft():
    """Each publication gets the next number, main holds the newest, and its commit has main and draft as parents."""
    world = World("")
    for number in range(1, 5):
        world.create()
        revision = world.look()[f"web-repo.web.ws-{number}"]
        head = world.refs.get("refs/heads/main")
        world.do(Act.PROPOSE, revision)
        proposed = world.look()[revision.name]
        world.do(Act.APPROVE, proposed)
        main = world.refs["refs/heads/main"]
        assert main == world.refs[f"refs/tags/web/v{number}"]
        assert world.git.commit(main).parents == tuple(parent for parent in (head, proposed.commit) if parent)
        assert world.git.files(main, "web")["n.txt"] == f"{number}\n".encode()
