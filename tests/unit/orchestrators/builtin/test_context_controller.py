"""What a ClusterContext says reaches the packages of its cluster."""

from __future__ import annotations

from typing import Any

import pytest

from lab.events.kinds import ContextAccepted, ContextRemoved, RenderFailed, Warned
from lab.kube.paths import CLUSTER_CONTEXT, PACKAGE_VARIANT, REPOSITORY

NAME = "baseline-my-ran"
FIRST = "nephio-my-ran.cluster-baseline.packagevariant-1"
ATTACHMENT = """\
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata:
  name: n3
  namespace: openairinterface
spec:
  config: |
    {"cniVersion": "0.3.1", "type": "macvlan", "master": "eth1",
     "ipam": {"type": "static", "addresses": [{"address": "10.9.0.4/24"}]}}
"""


@pytest.fixture
def world(bench, run):
    """The bench with both repositories registered."""

    async def up() -> None:
        await bench.start()
        await bench.both()

    run(up())
    return bench


async def mutators(bench) -> list[dict[str, Any]]:
    """The variant's mutators."""
    found = await bench.get(PACKAGE_VARIANT, NAME)
    return found["spec"].get("pipeline", {}).get("mutators", [])


def test_the_context_is_a_mutator_of_the_variant(world, run):
    """A function named context gives what the variant itself does not, owned by the field manager lab-context."""

    async def flow() -> None:
        await world.context(cnis=["calico", "macvlan"])
        await world.variant(form="setters")
        await world.until(world.variant_ready)
        values = {"site-code": "site-ran-01", "cnis": "[calico, macvlan]"}
        assert [{"name": "context", "image": "apply-setters:v0.2.0", "configMap": values}] == await mutators(world)
        found = await world.get(PACKAGE_VARIANT, NAME)
        assert "lab-context" in {entry["manager"] for entry in found["metadata"]["managedFields"]}
        assert "site: site-ran-01 #" in (await world.files(FIRST))["namespace.yaml"]

    run(flow())


def test_functions_of_people_stay(world, run):
    """A variant's own functions stay before the context's."""

    async def flow() -> None:
        await world.context()
        await world.variant(form="mutators")
        await world.until(world.variant_ready)
        assert [function["name"] for function in await mutators(world)] == ["setters", "context"]

    run(flow())


def test_what_the_variant_sets_wins_and_is_said(world, run):
    """Where variant and context differ, the variant's value stands and the difference is told."""

    async def flow() -> None:
        await world.context()
        await world.variant(setters={"cluster-name": "other"})
        await world.until(world.variant_ready)
        assert "cluster: other #" in (await world.files(FIRST))["namespace.yaml"]
        (warned,) = world.events(Warned)
        assert "'other'" in warned.message
        assert "'my-ran'" in warned.message

    run(flow())


def test_no_draft_is_made_before_the_context_is_in(world, run):
    """The first commit of the draft already holds the context's values."""

    async def flow() -> None:
        await world.context()
        await world.variant(approval="initial")
        await world.until(world.variant_ready)
        await world.settled(5)
        assert await world.lifecycle(FIRST) == "Published"
        assert (await world.history()).count("Rendering package") == 2
        assert "site: site-ran-01 #" in (await world.files(FIRST))["namespace.yaml"]

    run(flow())


def test_a_late_context_changes_the_draft(world, run):
    """A context that comes after the variant changes its draft; one that goes takes its values back."""

    async def flow() -> None:
        await world.variant()
        await world.until(world.variant_ready)
        await world.context()
        await world.until(lambda: _holds(world, "site: site-ran-01 #"))
        await world.client.delete(CLUSTER_CONTEXT, "my-ran", namespace="default")
        await world.settled(5)
        assert [function["name"] for function in await mutators(world)] == ["setters"]

    run(flow())


def test_the_label_is_the_link(world, run):
    """Without the label nephio.org/cluster-name on the downstream Repository no context applies."""

    async def flow() -> None:
        await world.context()
        patch = {"metadata": {"labels": {"nephio.org/cluster-name": None}}}
        await world.client.patch(REPOSITORY, "nephio-my-ran", patch, namespace="default")
        await world.variant(form="setters")
        await world.until(world.variant_ready)
        assert await mutators(world) == []
        patch = {"metadata": {"labels": {"nephio.org/cluster-name": "my-ran"}}}
        await world.client.patch(REPOSITORY, "nephio-my-ran", patch, namespace="default")
        await world.until(lambda: _holds(world, "site: site-ran-01 #"))

    run(flow())


def test_contexts_are_told(world, run):
    """Accepting, changing and removing a context are facts; nothing in them is an address or credential."""

    async def flow() -> None:
        await world.context(cnis=["calico"], provider="baremetal")
        await world.settled(1)
        patch = {"spec": {"siteCode": "site-ran-02"}}
        await world.client.patch(CLUSTER_CONTEXT, "my-ran", patch, namespace="default")
        await world.client.delete(CLUSTER_CONTEXT, "my-ran", namespace="default")
        await world.settled(1)
        first, second = world.events(ContextAccepted)
        assert first.facts == {
            "cluster-name": "my-ran",
            "site-code": "site-ran-01",
            "cnis": "[calico]",
            "provider": "baremetal",
        }
        assert second.facts["site-code"] == "site-ran-02"
        assert [ContextRemoved("my-ran", "my-ran")] == world.events(ContextRemoved)

    run(flow())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"cnis": ["calico"]}, 'needs the CNI "macvlan", which my-ran does not have'),
        ({"cnis": ["macvlan"], "networks": {"n3": "10.1.0.0/16"}}, "outside the networks of my-ran"),
    ],
)
def test_a_package_that_contradicts_the_cluster(world, run, baseline, options, text):
    """A CNI that the context lacks, or an address outside its networks, fails at render with file and line."""

    async def flow() -> None:
        await world.publish(baseline | {"attachment.yaml": ATTACHMENT}, version=2)
        await world.context(**options)
        await world.variant(workspace="v2")
        await world.until(lambda: _failed(world))
        failed = world.events(RenderFailed)[-1]
        assert (failed.code, failed.file) == ("LAB403", "attachment.yaml")
        assert failed.line > 0
        assert text in failed.message

    run(flow())


def test_an_address_of_another_cluster(world, run, baseline):
    """An address in a range of another cluster's context fails at render and names that cluster."""

    async def flow() -> None:
        await world.publish(baseline | {"attachment.yaml": ATTACHMENT}, version=2)
        await world.context(name="edge-7", networks={"n3": "10.9.0.0/24"})
        await world.context(cnis=["macvlan"], networks={"n3": "10.0.0.0/8"})
        await world.variant(workspace="v2")
        await world.until(lambda: _failed(world))
        assert "which is used by edge-7" in world.events(RenderFailed)[-1].message

    run(flow())


async def _holds(bench, text: str) -> bool:
    return text in (await bench.files(FIRST))["namespace.yaml"]


async def _failed(bench) -> bool:
    return bool(bench.events(RenderFailed))
