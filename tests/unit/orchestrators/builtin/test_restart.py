"""The process may die anywhere: nothing acknowledged is lost, no commit is made twice, no fact is told twice."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from lab.events.kinds import Approved, Committed, DraftCreated, Proposed, Rendered
from lab.kube.paths import PACKAGE_REVISION

FIRST = "nephio-my-ran.cluster-baseline.packagevariant-1"
POINTS = [f"{act} {FIRST}: {moment}" for act in ("create", "propose", "approve") for moment in ("built", "pushed")]


@pytest.mark.parametrize("point", POINTS)
def test_killed_between_two_steps(bench, run, point):
    """Killed at any point of the flow, the next process ends with the commits and facts of an undisturbed one."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        died = asyncio.Event()

        def die(here: str) -> bool:
            if here == point:
                died.set()
            return here == point

        bench.die_at = die
        await bench.variant(approval="initial")
        await died.wait()
        bench.die_at = lambda _: False
        await bench.restart()
        await bench.until(lambda: _published(bench))
        await bench.until(bench.variant_ready)
        await bench.settled(60)
        assert await bench.history() == [
            "Rendered cluster-baseline v1 for my-ran",
            "Rendering package",
            "Rendering package",
            "Creating new revision by cloning",
        ]
        assert set(await bench.refs()) == {
            "refs/heads/main",
            "refs/tags/cluster-baseline/v1",
            "refs/nephio-lab/metadata/default/cluster-baseline/packagevariant-1",
        }
        kinds = (DraftCreated, Rendered, Proposed, Approved, Committed)
        told = [type(record.event) for record in bench.bus.records if isinstance(record.event, kinds)]
        assert list(kinds) == told

    run(flow())


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("write", range(1, 8))
def test_killed_at_a_write_to_the_api(bench, run, moment, write):
    """Killed before or after any write to the management cluster, the next process ends as an undisturbed one."""

    async def flow() -> None:
        await bench.both_published()
        await bench.variant(approval="initial")
        await bench.start(die=(moment, write))
        await bench.transport.died.wait()
        await bench.restart()
        await bench.until(lambda: _published(bench))
        await bench.until(bench.variant_ready)
        assert (await bench.history()).count("Rendered cluster-baseline v1 for my-ran") == 1
        assert (await bench.history()).count("Creating new revision by cloning") == 1
        assert len(bench.events(Committed)) == len(bench.events(Approved)) == len(bench.events(Proposed)) == 1

    run(flow())


def test_a_redo_gives_the_same_commit(bench, run):
    """A process that dies before the push is followed by one that builds the very same commit."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        built: list[dict[str, str | None]] = []
        died = asyncio.Event()
        await _note_pushes(bench, built)

        def die(here: str) -> bool:
            if here == f"approve {FIRST}: built" and not died.is_set():
                died.set()
                return True
            return False

        bench.die_at = die
        await bench.variant(approval="initial")
        await died.wait()
        await bench.settled(600)
        await bench.restart()
        await _note_pushes(bench, built)
        await bench.until(lambda: _published(bench))
        approvals = [updates for updates in built if "refs/heads/main" in updates]
        assert len(approvals) > 1
        assert all(approval == approvals[0] for approval in approvals)

    run(flow())


def test_a_restart_changes_nothing(bench, run):
    """A process that finds everything done writes nothing to Git and tells nothing new."""

    async def flow() -> None:
        await bench.start()
        await bench.context()
        await bench.both()
        await bench.variant(approval="initial")
        await bench.until(lambda: _published(bench))
        await bench.settled(30)
        refs, told = await bench.refs(), len(bench.bus.records)
        shown = await bench.revision(FIRST)
        for _ in range(2):
            await bench.restart()
            await bench.settled(60)
        assert refs == await bench.refs()
        assert told == len(bench.bus.records), [r.event for r in bench.bus.records[told:]]
        assert shown == await bench.revision(FIRST)

    run(flow())


def test_metadata_survives_a_restart(bench, run):
    """Labels, annotations and owner of a published revision are in Git, so a new process shows them again."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant(approval="initial")
        await bench.until(lambda: _published(bench))
        patch = {"metadata": {"labels": {"team": "ran"}, "annotations": {"note": "for later"}}}
        await bench.client.patch(PACKAGE_REVISION, FIRST, patch, namespace="default")
        before = (await bench.revision(FIRST))["metadata"]
        await bench.restart()
        after = (await bench.revision(FIRST))["metadata"]
        assert after["labels"] == {"team": "ran", "kpt.dev/latest-revision": "true"}
        assert after["annotations"]["note"] == "for later"
        assert before["ownerReferences"] == after["ownerReferences"]
        assert before["creationTimestamp"] == after["creationTimestamp"]

    run(flow())


def test_somebody_pushes_between_building_and_pushing(bench, run):
    """When main moves under an approval, the approval is built anew on the new head and loses nothing of either."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        hits = Counter[str]()
        other = bench.git("nephio-my-ran")

        async def interfere(point: str) -> None:
            if point == f"approve {FIRST}: built" and not hits[point]:
                hits[point] += 1
                refs = await other.fetch()
                commit = other.write_commit(
                    base_tree_of=refs.get("refs/heads/main"),
                    replace={"notes": {"hello.txt": b"hello\n"}},
                    parents=[],
                    author="Ada <ada@example.com>",
                    committer="Ada <ada@example.com>",
                    authored=bench.clock.now(),
                    committed=bench.clock.now(),
                    message="by hand\n",
                )
                await other.push({"refs/heads/main": (refs.get("refs/heads/main"), commit)})

        bench.at_point = interfere
        await bench.variant(approval="initial")
        await bench.until(lambda: _published(bench))
        refs = await other.fetch()
        main = refs["refs/heads/main"]
        assert hits
        assert other.files(main, "notes") == {"hello.txt": b"hello\n"}
        assert "namespace.yaml" in other.files(main, "cluster-baseline")
        assert main == refs["refs/tags/cluster-baseline/v1"]

    run(flow())


async def _note_pushes(bench, built) -> None:
    """Remember what the deployment repository is asked to become."""
    shelf = bench.orchestrator.revisions.shelves["default", "nephio-my-ran"]
    write = shelf.write

    async def noting(what, build, *, dry_run=False):
        def noted(refs):
            updates = build(refs)
            built.append({ref: new for ref, (_, new) in updates.items()})
            return updates

        return await write(what, noted, dry_run=dry_run)

    shelf.write = noting


async def _published(bench) -> bool:
    return await bench.lifecycle(FIRST) == "Published"
