"""Push against pull: what the management cluster has to hold, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lab.wiring.handles import Lab

SITE = {"my-ran": {"site": "site-ran-01", "cnis": ["calico", "macvlan"]}}
BASELINE = [{"package": "cluster-baseline", "to": "my-ran"}]
MANY = {f"site-{number:02}": {"site": f"site-{number:02}"} for number in range(12)}
All = Callable[["Lab", str, str], list[dict[str, Any]]]


def _secrets(all_of: All, lab: Lab) -> set[tuple[str, str]]:
    return {(s["metadata"]["namespace"], s["metadata"]["name"]) for s in all_of(lab, "mgmt", "secrets")}


@pytest.mark.lab(clusters=SITE)
def test_pushing_needs_a_key_that_the_management_cluster_lacks(lab: Lab) -> None:
    """With its own identities the management cluster cannot apply anything to my-ran; with my-ran's own key one can."""
    lab.do("see", within=0, login={"of": "my-ran", "on": "my-ran"})
    lab.do("never", within=0, login={"of": "mgmt", "on": "my-ran"})


@pytest.mark.lab(clusters=MANY, flows=[{"package": "cluster-baseline", "to": name} for name in MANY])
def test_a_cluster_more_is_no_key_more(lab: Lab, all_of: All) -> None:
    """Twelve clusters are served from Git; the management cluster keeps one secret, the key to Git, for all of them."""
    for name in MANY:
        lab.flow("cluster-baseline", to=name).reach("ready", within=120)

    assert len(all_of(lab, "mgmt", "clustercontexts")) == len(MANY)
    assert len(_secrets(all_of, lab)) == 1


@pytest.mark.lab(clusters=SITE, flows=BASELINE)
def test_the_way_of_a_change_is_management_git_cluster(lab: Lab) -> None:
    """Porch renders and writes to Git; the cluster's own agent pulls and applies: in this order, each its own actor."""
    trail = lab.flow("cluster-baseline", to="my-ran").reach("ready").trail

    actors = {str(stage): passage.who for stage, passage in trail.passages.items()}
    times = [passage.at for passage in trail.passages.values() if passage.at]

    assert {stage: actors[stage] for stage in ("draft", "render", "commit")} == dict.fromkeys(
        ("draft", "render", "commit"), "orchestrator"
    )
    assert {stage: actors[stage] for stage in ("pull", "apply", "ready")} == dict.fromkeys(
        ("pull", "apply", "ready"), "my-ran"
    )
    assert times == sorted(times)


@pytest.mark.lab(clusters=SITE, flows=BASELINE)
def test_git_is_the_truth(lab: Lab, files_in: Callable[[Lab, str], dict[str, str]]) -> None:
    """What is on the cluster is what Git says: the same value in the file, and back again after a change by hand."""
    lab.flow("cluster-baseline", to="my-ran").reach("ready")
    quota = {"kind": "ResourceQuota", "metadata": {"name": "site-budget", "namespace": "openairinterface"}}
    assert 'pods: "60"' in files_in(lab, "nephio-my-ran")["cluster-baseline/quotas.yaml"]

    merge = {"spec": {"hard": {"pods": "7"}}}
    lab.do("tamper", on="my-ran", object="resourcequota/site-budget", namespace="openairinterface", merge=merge)

    lab["my-ran"].see({**quota, "spec": {"hard": {"pods": "60"}}}, within=15)


@pytest.mark.lab(clusters=SITE, flows=BASELINE)
def test_git_keeps_who_what_and_when(lab: Lab) -> None:
    """Every commit of a deployment repository has an author, an hour and a subject; that on main names its package."""
    commit = lab.flow("cluster-baseline", to="my-ran").reach("commit").commit

    async def history() -> list[Any]:
        repository = await lab.scene.git("nephio-my-ran")
        await repository.fetch()
        return list(repository.history(commit.id))

    commits = lab._wait(history())
    assert [c.id for c in commits if not (c.author and c.at.tzinfo and c.message.strip())] == []
    assert "cluster-baseline" in commit.message.splitlines()[0]
    assert "kpt:" in commit.message


@pytest.mark.lab(clusters=SITE, flows=BASELINE)
def test_a_context_is_not_used_for_access(lab: Lab) -> None:
    """Without its ClusterContext the cluster pulls and applies as before."""
    lab.flow("cluster-baseline", to="my-ran").reach("ready")
    lab["mgmt"].delete("clustercontext/my-ran")

    replace = {"cluster-baseline/quotas.yaml": {'pods: "60"': 'pods: "61"'}}
    lab.do("push", repo="nephio-my-ran", message="Without a context", replace=replace)

    wanted = {"kind": "ResourceQuota", "metadata": {"name": "site-budget", "namespace": "openairinterface"}}
    lab["my-ran"].see({**wanted, "spec": {"hard": {"pods": "61"}}}, within=20)


@pytest.mark.lab(
    clusters={"my-ran": {**SITE["my-ran"], "networks": [{"name": "n2", "cidr": "198.51.100.0/24"}]}}, bootstrap="manual"
)
def test_addresses_are_checked_against_the_context(lab: Lab) -> None:
    """A package with an address outside the cluster's networks stops at render, with the code for it."""
    from lab.model.stage import Stage

    lab.declare("networking", to="my-ran").reach("render", state="failed")

    assert lab.flow("networking", to="my-ran").trail.passage(Stage.RENDER).code == "LAB403"
