"""The right half of the picture: the agent, installed once by hand, and what it does from then on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from lab.wiring.handles import Lab

SITE = {"my-ran": {"site": "site-ran-01", "cnis": ["calico", "macvlan"]}}
THREE = [{"package": package, "to": "my-ran"} for package in ("cluster-baseline", "platform-addons", "networking")]
BASELINE = THREE[:1]
SYSTEM = "config-management-system"
Example = Callable[[str], dict[str, Any]]


def _root_sync(lab: Lab, example: Example) -> dict[str, Any]:
    """The document's RootSync with nothing but the address of the repository replaced."""
    written = example("rootsync.yaml")
    url = lab._wait(lab.scene.bench.deployment("my-ran")).pull_url
    return {**written, "spec": {**written["spec"], "git": {**written["spec"]["git"], "repo": url}}}


def _pulls(lab: Lab) -> list[Any]:
    return [record for record in lab.events() if type(record.event).__name__ == "Pulled"]


@pytest.mark.lab(clusters=SITE, bootstrap="manual", flows=BASELINE)
def test_the_root_sync_of_the_document_works_as_written(lab: Lab, example: Example) -> None:
    """With the address filled in, the document's RootSync brings the package onto the cluster and keeps its fields."""
    lab.do("bootstrap", on="my-ran", only="configsync.yaml")
    root_sync = _root_sync(lab, example)

    lab.apply(root_sync, on="my-ran")
    lab.flow("cluster-baseline", to="my-ran").reach("ready")

    found = lab["my-ran"].get("rootsync/root-sync", namespace=SYSTEM)["spec"]["git"]
    assert (found["branch"], found["dir"], found["auth"], found["period"]) == ("main", "/", "none", "15s")
    assert found["repo"].endswith("/nephio-my-ran.git")
    assert "LAB706" in {getattr(record.event, "code", "") for record in lab.events()}


@pytest.mark.lab(clusters=SITE, bootstrap="manual", flows=BASELINE)
def test_the_address_is_yours_to_fill_in(lab: Lab, example: Example) -> None:
    """Applied with its placeholder, the RootSync is accepted, pulls nothing, and says that there is no such source."""
    lab.do("bootstrap", on="my-ran", only="configsync.yaml")
    written = example("rootsync.yaml")
    written["spec"]["git"]["repo"] = written["spec"]["git"]["repo"].replace("github.com", "github.invalid")

    lab.apply(written, on="my-ran")

    lab["my-ran"].see(
        {
            "kind": "RootSync",
            "metadata": {"name": "root-sync", "namespace": SYSTEM},
            "status": {"source": {"errors": [{"code": "2004"}]}},
        },
        within=60,
    )
    lab.flow("cluster-baseline", to="my-ran").stays_before("pull")


@pytest.mark.lab(clusters=SITE, flows=BASELINE)
def test_git_is_asked_every_fifteen_seconds(lab: Lab) -> None:
    """A commit that is made right after a question waits for the next one, fifteen seconds later, again and again."""
    lab.flow("cluster-baseline", to="my-ran").reach("ready")
    lab.wait(30)

    for number in range(4):
        note = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"note-{number}", "namespace": "default"}}
        lab.do("push", repo="nephio-my-ran", message="Note", files={f"notes/{number}.yaml": yaml.safe_dump(note)})
        lab["my-ran"].see(note, within=17)

    times = [pull.at for pull in _pulls(lab)][-4:]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    assert [gap for gap in gaps if not 14.5 <= gap <= 16.5] == []


@pytest.mark.lab(clusters=SITE, flows=THREE)
def test_everything_in_the_repository_is_applied(
    lab: Lab,
    all_of: Callable[[Lab, str, str], list[dict[str, Any]]],
    files_in: Callable[[Lab, str], dict[str, str]],
) -> None:
    """Every object that Git declares is on the cluster, each in the agent's inventory, and nothing else is."""
    for flow in THREE:
        lab.flow(flow["package"], to="my-ran").reach("ready")

    declared = _declared(files_in(lab, "nephio-my-ran"))

    groups = [group for group in all_of(lab, "my-ran", "resourcegroups") if group["metadata"]["name"] == "root-sync"]
    inventory = {(r["kind"], r.get("namespace") or "", r["name"]) for r in groups[0]["spec"]["resources"]}
    assert inventory == declared


def _declared(files: dict[str, str]) -> set[tuple[str, str, str]]:
    manifests = [
        obj for path, text in files.items() if path.endswith(".yaml") for obj in yaml.safe_load_all(text) if obj
    ]
    return {
        (obj["kind"], obj["metadata"].get("namespace") or "", obj["metadata"]["name"])
        for obj in manifests
        if (obj["metadata"].get("annotations") or {}).get("config.kubernetes.io/local-config") not in ("true", True)
    }


@pytest.mark.lab(clusters=SITE, flows=THREE)
@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "Namespace", "metadata": {"name": "openairinterface"}, "status": {"phase": "Active"}},
        {"kind": "StorageClass", "metadata": {"name": "site-local"}},
        {"kind": "Deployment", "metadata": {"namespace": "platform-storage"}, "status": {"readyReplicas": 1}},
        {"kind": "DaemonSet", "metadata": {"name": "multus", "namespace": "ran-networking"}},
        {"kind": "DaemonSet", "metadata": {"name": "whereabouts", "namespace": "ran-networking"}},
    ],
    ids=["namespace", "storage-class", "provisioner", "multus", "whereabouts"],
)
def test_the_resources_of_the_picture_are_there(lab: Lab, wanted: dict[str, Any]) -> None:
    """Namespaces, storage and networking of the document's picture are on my-ran once its packages are ready."""
    for flow in THREE:
        lab.flow(flow["package"], to="my-ran").reach("ready")

    lab["my-ran"].see(wanted, within=1)


@pytest.mark.lab(clusters=SITE, flows=BASELINE)
def test_a_new_folder_is_seen_pulled_and_applied(lab: Lab) -> None:
    """A package that is committed later is noticed, fetched as that commit, and its folder applied, by itself."""
    lab.flow("cluster-baseline", to="my-ran").reach("ready")

    flow = lab.declare("platform-addons", to="my-ran").reach("ready")

    pulled = [record.event for record in _pulls(lab) if flow.trail.commit in record.event.commits]
    applied = [
        r.event for r in lab.events() if type(r.event).__name__ == "Applied" and "platform-addons" in r.event.packages
    ]
    assert len(pulled) == 1
    assert applied[0].commit == pulled[0].commit
    assert applied[0].packages["platform-addons"]["created"] > 0
    assert applied[0].packages["cluster-baseline"]["unchanged"] > 0


@pytest.mark.lab(clusters=SITE, flows=BASELINE)
def test_the_status_is_reported(lab: Lab) -> None:
    """The RootSync tells the commit that it fetched, rendered and applied, and that no error stands in the way."""
    flow = lab.flow("cluster-baseline", to="my-ran").reach("ready")

    status = lab["my-ran"].get("rootsync/root-sync", namespace=SYSTEM)["status"]

    assert {status[part]["commit"] for part in ("source", "rendering", "sync")} == {flow.trail.commit}
    assert not status["sync"].get("errors")
    conditions = {condition["type"]: condition["status"] for condition in status["conditions"]}
    assert (conditions["Reconciling"], conditions["Syncing"]) == ("False", "False")


@pytest.mark.lab(clusters={**SITE, "my-core": {"site": "site-core-07"}}, bootstrap="manual")
def test_every_cluster_needs_its_own_bootstrap(lab: Lab) -> None:
    """An agent on one cluster does nothing for another: each is bootstrapped by itself."""
    first = lab.declare("cluster-baseline", to="my-ran").reach("commit")
    second = lab.declare("cluster-baseline", to="my-core").reach("commit")

    lab["my-ran"].bootstrap()
    first.reach("ready")

    second.stays_before("pull", seconds=300)
    assert not lab["my-core"].has("namespace/openairinterface")
    lab["my-core"].bootstrap()
    second.reach("ready")


@pytest.mark.lab(clusters=SITE, bootstrap="manual")
def test_contexts_and_variants_alone_are_not_enough(lab: Lab, why: Callable[..., dict[str, Any]]) -> None:
    """ClusterContext and PackageVariants leave the cluster empty, and the lab says that nothing there pulls."""
    lab.declare("cluster-baseline", to="my-ran").reach("commit").stays_before("pull", seconds=600)

    assert not lab["my-ran"].has("namespace/openairinterface")
    assert why(lab, "namespace/openairinterface", "my-ran")["code"] == "LAB701"
