"""From a PackageVariant to a commit."""

from __future__ import annotations

from lab.events.kinds import (
    Approved,
    Committed,
    ContextAccepted,
    DraftCreated,
    Proposed,
    Rendered,
    RepositoryChanged,
    Retried,
    VariantAccepted,
    VariantStalled,
)
from lab.kube.paths import EVENT, PACKAGE_VARIANT, REPOSITORY

FIRST = "nephio-my-ran.cluster-baseline.packagevariant-1"


def test_a_variant_with_the_policy_initial_becomes_a_commit(bench, run):
    """Context, variant, draft, render, approval and commit follow each other without anybody's help."""

    async def flow() -> None:
        await bench.start()
        await bench.context()
        await bench.both()
        await bench.variant(approval="initial")
        await bench.until(lambda: _published(bench))
        refs = await bench.refs()
        assert refs["refs/heads/main"] == refs["refs/tags/cluster-baseline/v1"]
        assert not [ref for ref in refs if ref.startswith(("refs/heads/drafts", "refs/heads/proposed"))]
        namespace = (await bench.files(FIRST))["namespace.yaml"]
        assert "cluster: my-ran #" in namespace
        assert "site: site-ran-01 #" in namespace
        assert "tier: base #" in namespace
        assert await bench.history() == [
            "Rendered cluster-baseline v1 for my-ran",
            "Rendering package",
            "Rendering package",
            "Creating new revision by cloning",
        ]

    run(flow())


def test_facts_are_told_once_and_in_order(bench, run):
    """The journal holds each fact of the flow once, in the order of the stages."""
    kinds = (ContextAccepted, VariantAccepted, DraftCreated, Rendered, Proposed, Approved, Committed)

    async def flow() -> None:
        await bench.start()
        await bench.context()
        await bench.both()
        await bench.variant(approval="initial")
        await bench.until(lambda: _published(bench))
        await bench.settled(60)
        told = [type(record.event) for record in bench.bus.records if isinstance(record.event, kinds)]
        assert list(kinds) == told
        assert not bench.events(VariantStalled)
        assert not bench.events(Retried)

    run(flow())


def test_the_commit_tells_who_and_from_what(bench, run):
    """The message has the seed's subject, Porch's facts in its body and Porch's trailer as its last line."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant(approval="always")
        await bench.until(lambda: _published(bench))
        repository = bench.git("nephio-my-ran")
        refs = await repository.fetch()
        upstream = (await bench.refs("nephio-blueprints"))["refs/tags/cluster-baseline/v1"]
        lines = repository.commit(refs["refs/heads/main"]).message.splitlines()
        user = "system:serviceaccount:porch-system:porch-controllers"
        assert lines == [
            "Rendered cluster-baseline v1 for my-ran",
            "",
            "Approving package revision cluster-baseline/1",
            f"Author: {user} <{user}>",
            f"Upstream: http://git.lab.example/lab/nephio-blueprints.git cluster-baseline/v1 {upstream}",
            "Functions: apply-setters:v0.2.0, apply-setters:v0.2.0",
            "Policy: always",
            "",
            'kpt:{"package":"cluster-baseline","workspaceName":"packagevariant-1","revision":"1"}',
        ]

    run(flow())


def test_events_name_the_trail(bench, run):
    """Variant, revision, commit and repository in the events are those of the objects and of Git."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant(approval="initial")
        await bench.until(lambda: _published(bench))
        main = (await bench.refs())["refs/heads/main"]
        user = "system:serviceaccount:porch-system:porch-controllers"
        draft = DraftCreated(
            FIRST,
            "nephio-my-ran",
            "cluster-baseline",
            "packagevariant-1",
            "clone",
            "baseline-my-ran",
            "cluster-baseline/v1",
        )
        subject = "Rendered cluster-baseline v1 for my-ran"
        assert [draft] == bench.events(DraftCreated)
        assert [Approved(FIRST, user, "initial")] == bench.events(Approved)
        assert bench.events(Committed) == [
            Committed(FIRST, "nephio-my-ran", "cluster-baseline", "cluster-baseline", 1, "main", main, subject)
        ]
        values = {"cluster-name": "my-ran", "tier": "base"}
        assert values.items() <= bench.events(Rendered)[0].values.items()

    run(flow())


def test_without_a_policy_a_draft_waits_for_a_person(bench, run):
    """Nothing is proposed, approved or on the branch while nobody acts."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant()
        await bench.until(bench.variant_ready)
        await bench.settled(120)
        assert await bench.lifecycle(FIRST) == "Draft"
        assert "refs/heads/main" not in await bench.refs()
        assert not bench.events(Proposed)

    run(flow())


def test_conditions_of_a_served_variant(bench, run):
    """A variant whose draft stands is not Stalled, Ready, and names its downstream."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant()
        await bench.until(bench.variant_ready)
        stalled = await bench.condition(PACKAGE_VARIANT, "baseline-my-ran", "Stalled")
        ready = await bench.condition(PACKAGE_VARIANT, "baseline-my-ran", "Ready")
        found = await bench.get(PACKAGE_VARIANT, "baseline-my-ran")
        assert (stalled["status"], stalled["reason"]) == ("False", "Valid")
        assert (ready["reason"], ready["message"]) == ("NoErrors", "successfully ensured downstream package variant")
        (target,) = found["status"]["downstreamTargets"]
        assert target["name"] == FIRST
        assert target["renderStatus"]["result"]["exitCode"] == 0
        assert found["metadata"]["finalizers"] == ["config.porch.kpt.dev/packagevariants"]

    run(flow())


def test_objects_may_be_applied_in_any_order(bench, run):
    """A variant that comes before its Repositories is served when they are there."""

    async def flow() -> None:
        await bench.start()
        await bench.variant(approval="initial")
        await bench.settled(5)
        assert bench.events(VariantStalled)[0].code == "LAB202"
        await bench.both()
        await bench.until(lambda: _published(bench))

    run(flow())


def test_a_registered_repository_says_what_it_holds(bench, run):
    """A ready Repository has its packages counted and its branch's head named; it is told when met and when ready."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.settled(60)
        found = await bench.get(REPOSITORY, "nephio-blueprints")
        head = (await bench.refs("nephio-blueprints"))["refs/heads/main"]
        assert found["status"]["packageCount"] == 1
        assert found["status"]["gitCommitHash"] == head
        told = [event for event in bench.events(RepositoryChanged) if event.repository == "nephio-my-ran"]
        url = "http://git.lab.example/lab/nephio-my-ran.git"
        met = RepositoryChanged(
            "nephio-my-ran", url, "main", True, "my-ran", False, "Repository reconciliation in progress"
        )
        assert [met, RepositoryChanged("nephio-my-ran", url, "main", True, "my-ran", True)] == told

    run(flow())


def test_the_approval_controller_leaves_kubernetes_events(bench, run):
    """Proposed and Approved are Events on the PackageRevision by the component approval-controller."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant(approval="initial")
        await bench.until(lambda: _published(bench))
        await bench.settled(1)
        events, _ = await bench.client.list(EVENT, "default")
        told = {(event["reason"], event["source"]["component"], event["involvedObject"]["name"]) for event in events}
        assert told == {("Proposed", "approval-controller", FIRST), ("Approved", "approval-controller", FIRST)}

    run(flow())


async def _published(bench) -> bool:
    return await bench.lifecycle(FIRST) == "Published"
