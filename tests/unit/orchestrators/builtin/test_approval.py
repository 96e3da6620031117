"""Policies that approve, and what they wait for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lab.kube.paths import EVENT, PACKAGE_REVISION, PACKAGE_VARIANT
from lab.orchestrators.builtin.approval_policy import duration, judge
from lab.orchestrators.builtin.kptfile_facts import KptfileFacts
from lab.orchestrators.builtin.lifecycle import Lifecycle
from lab.orchestrators.builtin.revision import Revision

FIRST = "nephio-my-ran.cluster-baseline.packagevariant-1"
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
DRAFT = Revision(
    namespace="default",
    repository="nephio-my-ran",
    package="web",
    workspace="ws-1",
    number=0,
    lifecycle=Lifecycle.DRAFT,
    path="web",
    ref="refs/heads/drafts/web/ws-1",
    label="ws-1",
    commit="c",
    tree="t",
    created_at=NOW,
    committed_at=NOW,
)
PUBLISHED = replace(DRAFT, workspace="ws-0", number=1, lifecycle=Lifecycle.PUBLISHED)
PLACEHOLDER = replace(DRAFT, workspace="main", number=-1, lifecycle=Lifecycle.PUBLISHED)


@pytest.mark.parametrize(
    ("policy", "others", "go"),
    [
        ("initial", [DRAFT], True),
        ("initial", [DRAFT, PUBLISHED], False),
        ("initial", [DRAFT, PLACEHOLDER], False),
        ("initial", [DRAFT, replace(DRAFT, workspace="ws-9")], True),
        ("always", [DRAFT, PUBLISHED, PLACEHOLDER], True),
    ],
)
def test_policies(policy, others, go):
    """initial approves what is new to the repository, the branch included; always approves everything."""
    assert judge(DRAFT, policy, "", others, NOW).go is go


def test_gates_come_first():
    """An unmet readiness gate blocks every policy."""
    gated = replace(DRAFT, kptfile=KptfileFacts(gates=("checked",)))
    verdict = judge(gated, "always", "", [gated], NOW)
    assert (verdict.go, verdict.message) == (False, "readiness gates not met for web, in repo nephio-my-ran")
    met = replace(DRAFT, kptfile=KptfileFacts(gates=("checked",), conditions=({"type": "checked", "status": "True"},)))
    assert judge(met, "always", "", [met], NOW).go


def test_a_delay():
    """A young revision waits for what is left of its delay; a delay that is none ends the matter."""
    verdict = judge(DRAFT, "always", "1m30s", [DRAFT], NOW + timedelta(seconds=30))
    assert (verdict.go, verdict.message, verdict.wait) == (False, "delay time not met", 60.0)
    assert judge(DRAFT, "always", "1m30s", [DRAFT], NOW + timedelta(seconds=90)).go
    assert judge(DRAFT, "always", "-1s", [DRAFT], NOW).message == 'invalid delay "-1s"; delay must be 0 or more'
    assert judge(DRAFT, "always", "soon", [DRAFT], NOW).final


def test_unknown_policies():
    """Any other policy is refused for good, in the controller's words."""
    verdict = judge(DRAFT, "sometimes", "", [DRAFT], NOW)
    assert (verdict.reason, verdict.final) == ("InvalidPolicy", True)
    assert verdict.message == 'invalid "approval.nephio.org/policy" annotation value: "sometimes"'


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90.0),
        ("1h2m3.5s", 3723.5),
        ("-2m", -120.0),
        ("0", 0.0),
        (".5s", 0.5),
        ("5", None),
        ("", None),
        ("1d", None),
    ],
)
def test_durations_are_gos(text, seconds):
    """Durations are read as Go reads them."""
    assert seconds == duration(text)


def test_a_policy_on_the_variant_itself(bench, run):
    """The annotation counts on the PackageVariant's own metadata too."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        made = await bench.variant()
        assert "annotations" not in made["spec"]
        await bench.client.delete(PACKAGE_VARIANT, "baseline-my-ran", namespace="default")
        await bench.settled(2)
        made = {key: made[key] for key in ("apiVersion", "kind", "spec")}
        annotations = {"approval.nephio.org/policy": "initial"}
        await bench.create(made | {"metadata": {"name": "baseline-my-ran", "annotations": annotations}})
        await bench.until(lambda: _published(bench))

    run(flow())


def test_a_policy_that_is_added_later(bench, run):
    """Annotating a waiting draft lets the policy act on it."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant()
        await bench.until(bench.variant_ready)
        patch = {"metadata": {"annotations": {"approval.nephio.org/policy": "always"}}}
        await bench.client.patch(PACKAGE_REVISION, FIRST, patch, namespace="default")
        await bench.until(lambda: _published(bench))

    run(flow())


def test_delays_are_kept(bench, run):
    """With approval.nephio.org/delay nothing is proposed before its time."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant(
            spec={
                "annotations": {"approval.nephio.org/policy": "initial", "approval.nephio.org/delay": "5m"},
            }
        )
        await bench.settled(280)
        assert await bench.lifecycle(FIRST) == "Draft"
        await bench.until(lambda: _published(bench), seconds=30)

    run(flow())


def test_a_wrong_policy_is_an_event(bench, run):
    """A policy that does not exist is a Warning on the revision, once."""

    async def flow() -> None:
        await bench.start()
        await bench.both()
        await bench.variant(spec={"annotations": {"approval.nephio.org/policy": "sometimes"}})
        await bench.until(bench.variant_ready)
        await bench.settled(60)
        events, _ = await bench.client.list(EVENT, "default")
        told = [(event["type"], event["reason"]) for event in events if event["involvedObject"]["name"] == FIRST]
        assert told == [("Warning", "InvalidPolicy")]

    run(flow())


async def _published(bench) -> bool:
    return await bench.lifecycle(FIRST) == "Published"
