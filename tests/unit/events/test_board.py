"""The board: one fold of the stream, joined by revision left of the line and by commit right of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lab.events import kinds as k
from lab.events.board import Board, board_of
from lab.events.records import Record
from lab.kit.clock import VIRTUAL_EPOCH
from lab.model.stage import ORDER, Stage
from lab.model.trail import State, Trail

COMMIT = "3f9c2ab" + "0" * 33
LATER = "77" * 20
URL = "http://git/nephio/nephio-my-ran.git"
REVISION = "nephio-my-ran.cluster-baseline.packagevariant-1"

REGISTERED = k.RepositoryChanged("nephio-my-ran", URL, "main", True, "my-ran", True)
CONTEXT = k.ContextAccepted("my-ran", "my-ran", {"site": "site-ran-01"})
VARIANT = k.VariantAccepted(
    "baseline-my-ran", "nephio-my-ran", "cluster-baseline", "nephio-blueprints/cluster-baseline@v1"
)
DRAFT = k.DraftCreated(REVISION, "nephio-my-ran", "cluster-baseline", "packagevariant-1", "clone", "baseline-my-ran")
RENDERED = k.Rendered(REVISION, ("apply-setters",), {"cluster-name": "my-ran"})
PROPOSED = k.Proposed(REVISION, "porch")
APPROVED = k.Approved(REVISION, "porch", "initial")
SUBJECT = "Rendered cluster-baseline v1 for my-ran"
COMMITTED = k.Committed(REVISION, "nephio-my-ran", "cluster-baseline", "cluster-baseline", 1, "main", COMMIT, SUBJECT)
PULLED = k.Pulled("my-ran", "root-sync", URL, "main", COMMIT, (COMMIT,))
APPLIED = k.Applied("my-ran", "root-sync", COMMIT, {"cluster-baseline": {"created": 4, "pruned": 0}})
READY = k.PackageReady("my-ran", "root-sync", COMMIT, "cluster-baseline", 4, ("namespace/openairinterface",))
ROAD = (REGISTERED, CONTEXT, VARIANT, DRAFT, RENDERED, PROPOSED, APPROVED, COMMITTED, PULLED, APPLIED, READY)


def board(*events: k.Event) -> Board:
    """The board after events that come a second apart."""
    return board_of(Record(i, VIRTUAL_EPOCH + timedelta(seconds=i), event) for i, event in enumerate(events, 1))


def only_trail(*events: k.Event) -> Trail:
    """The one trail of events."""
    (trail,) = board(*events).trails
    return trail


def test_a_change_passes_nine_stages() -> None:
    """Eleven facts bring one package past every stage."""
    trail = only_trail(*ROAD)

    assert [stage for stage in ORDER if trail.done(stage)] == list(ORDER)
    assert trail.finished
    assert trail.cluster == "my-ran"
    assert trail.passage(Stage.COMMIT).text == f'3f9c2ab on main: "{SUBJECT}"'


@pytest.mark.parametrize("count", range(3, len(ROAD)))
def test_a_trail_stands_at_the_first_stage_that_is_not_done(count: int) -> None:
    """Whatever part of the road is behind, the next stage is the one that waits."""
    trail = only_trail(*ROAD[:count])
    expected = [VARIANT, DRAFT, RENDERED, APPROVED, COMMITTED, PULLED, APPLIED, READY]
    missing = next(e for e in expected if e not in ROAD[:count])

    assert trail.stands_at is type(missing).stage


def test_a_commit_may_be_fetched_before_it_is_told() -> None:
    """The agent can be faster than the orchestrator's word: the trail still joins by commit."""
    early = (*ROAD[:7], PULLED, APPLIED, READY, COMMITTED)

    assert only_trail(*early).finished


def test_a_descendant_brings_the_commit_along() -> None:
    """Fetching a later commit passes `pull` for every commit before it."""
    pulled = k.Pulled("my-ran", "root-sync", URL, "main", LATER, (LATER, COMMIT))

    assert only_trail(*ROAD[:8], pulled).done(Stage.PULL)


def test_another_clusters_pull_is_none_of_ours() -> None:
    """The agent of another cluster that fetches the same commit does not move the trail."""
    pulled = k.Pulled("my-core", "root-sync", URL, "main", COMMIT, (COMMIT,))

    assert not only_trail(*ROAD[:8], pulled).done(Stage.PULL)


def test_no_context_does_not_stop_the_road() -> None:
    """Without a ClusterContext the package still goes its way; the first stage stays open."""
    trail = only_trail(*(e for e in ROAD if e is not CONTEXT))

    assert trail.finished
    assert not trail.done(Stage.CONTEXT)


def test_waiting_for_approval_says_so() -> None:
    """A proposed revision waits at `approve` with LAB501."""
    passage = only_trail(*ROAD[:6]).passage(Stage.APPROVE)

    assert passage.state is State.WAITING
    assert passage.code == "LAB501"


def test_an_upgrade_supersedes_an_unfinished_trail() -> None:
    """Another upstream begins a trail of its own, and the one under way says that it was overtaken."""
    upgraded = k.VariantAccepted("baseline-my-ran", "nephio-my-ran", "cluster-baseline", "nephio-blueprints/x@v2")
    first, second = board(*ROAD[:6], upgraded).trails

    assert first.superseded_by == second.number
    assert second.upstream.endswith("@v2")
    assert second.done(Stage.CONTEXT)


def test_a_finished_trail_is_not_superseded() -> None:
    """What is ready stays done when a later revision begins."""
    upgraded = k.VariantAccepted("baseline-my-ran", "nephio-my-ran", "cluster-baseline", "nephio-blueprints/x@v2")
    first, _second = board(*ROAD, upgraded).trails

    assert first.superseded_by is None


def test_a_failed_render_names_function_and_place() -> None:
    """A render that fails stops the trail at `render` with the function's own words."""
    names = (REVISION, "baseline-my-ran", "nephio-my-ran", "cluster-baseline")
    failed = k.RenderFailed(*names, "LAB401", "apply-setters", "no value", "a.yaml", 7)
    passage = only_trail(*ROAD[:4], failed).passage(Stage.RENDER)

    assert passage.state is State.FAILED
    assert passage.text == "apply-setters: no value (a.yaml:7)"


def test_a_refused_object_stops_its_own_package_only() -> None:
    """A refusal in one package stops that trail; another package of the same commit goes on."""
    refusal = k.Refusal("KNV2010", "LAB803", "namespace//x", "networking", "networking/a.yaml", "no")
    failed = k.ApplyFailed("my-ran", "root-sync", COMMIT, (refusal,), True)

    assert only_trail(*ROAD[:9], failed).done(Stage.APPLY)


def test_a_refused_object_is_named() -> None:
    """The trail that holds the refused object stops at `apply` with the object and Config Sync's code."""
    refusal = k.Refusal("KNV2010", "LAB803", "namespace//x", "cluster-baseline", "cluster-baseline/a.yaml", "no", 3)
    failed = k.ApplyFailed("my-ran", "root-sync", COMMIT, (refusal,), True)
    passage = only_trail(*ROAD[:9], failed).passage(Stage.APPLY)

    assert (passage.state, passage.code) == (State.FAILED, "LAB803")
    assert "KNV2010" in passage.text


def test_git_away_is_forgotten_once_it_is_back() -> None:
    """A pull that failed and then worked leaves the trail past `pull`."""
    failed = k.PullFailed("my-ran", "root-sync", URL, "LAB702", "KNV2004", "unreachable")

    assert only_trail(*ROAD[:8], failed).failed is not None
    assert only_trail(*ROAD[:8], failed, PULLED).done(Stage.PULL)


def test_blueprints_have_no_trail() -> None:
    """A draft in a repository that no cluster pulls begins no trail."""
    blueprints = k.RepositoryChanged("nephio-blueprints", URL, "main", False, "", True)
    draft = k.DraftCreated("nephio-blueprints.x.v2", "nephio-blueprints", "x", "v2", "edit")

    assert board(blueprints, draft).trails == []


def test_the_time_of_a_stage_is_counted_from_the_one_before() -> None:
    """Every stage took the second since the last done one."""
    trail = only_trail(*ROAD)

    assert trail.took(Stage.RENDER) == 1.0
    assert trail.took(Stage.APPROVE) == 2.0
    assert trail.took(Stage.PULL) == 1.0


def test_a_trail_finds_its_cluster_when_the_repository_is_registered_later() -> None:
    """A variant that came before its Repository stands on the right cluster once that is there."""
    trail = only_trail(CONTEXT, VARIANT, REGISTERED, *ROAD[3:])

    assert trail.cluster == "my-ran"
    assert trail.finished
