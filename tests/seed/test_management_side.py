"""The left half of the picture: what is on the management cluster, and how far it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lab.wiring.handles import Lab

Example = Callable[[str], dict[str, Any]]
BASELINE = [{"package": "cluster-baseline", "to": "my-ran"}]
THREE = [{"package": package, "to": "my-ran"} for package in ("cluster-baseline", "platform-addons", "networking")]
SITE = {"my-ran": {"site": "site-ran-01", "cnis": ["calico", "macvlan"]}}


@pytest.mark.lab(clusters=SITE, bootstrap="manual")
def test_nephio_changes_nothing_on_the_cluster(lab: Lab, things_on: Callable[..., dict[str, str]]) -> None:
    """From the first object on mgmt to the commit and ten minutes beyond, no object of my-ran is made or changed."""
    before = things_on(lab, "my-ran")

    for flow in THREE:
        lab.declare(flow["package"], to="my-ran").reach("commit")
    lab.wait(600)

    assert things_on(lab, "my-ran") == before


@pytest.mark.lab(clusters=SITE, flows=THREE)
def test_the_repository_holds_three_packages(lab: Lab, files_in: Callable[[Lab, str], dict[str, str]]) -> None:
    """nephio-my-ran has the folders cluster-baseline, platform-addons and networking on main, and nothing beside."""
    for flow in THREE:
        lab.flow(flow["package"], to="my-ran").reach("commit")

    folders = {path.partition("/")[0] for path in files_in(lab, "nephio-my-ran")}

    assert folders == {"cluster-baseline", "platform-addons", "networking"}


@pytest.mark.lab(clusters=SITE)
def test_the_context_of_the_document_is_taken_as_written(lab: Lab, example: Example) -> None:
    """The document's ClusterContext is accepted and comes back with its four fields: metadata, nothing more."""
    written = example("clustercontext.yaml")

    lab.apply(written)

    found = lab["mgmt"].get("clustercontext/my-ran")
    assert found["spec"] == written["spec"]
    assert set(found["spec"]) == {"clusterName", "siteCode", "cnis", "provider"}


@pytest.mark.lab(clusters=SITE)
@pytest.mark.parametrize(
    "field",
    [
        {"kubeconfig": "apiVersion: v1\nkind: Config\n"},
        {"server": "https://my-ran.example:6443"},
        {"token": "secret"},
    ],
    ids=["kubeconfig", "address", "credential"],
)
def test_a_context_refuses_every_way_into_the_cluster(lab: Lab, example: Example, field: dict[str, Any]) -> None:
    """A kubeconfig, address or credential in a ClusterContext is refused with the reason, and nothing of it is kept."""
    written = example("clustercontext.yaml")

    lab.do("apply", on="mgmt", object={**written, "spec": {**written["spec"], **field}}, refused="LAB103")

    assert set(lab["mgmt"].get("clustercontext/my-ran")["spec"]) <= {"clusterName", "siteCode", "cnis", "provider"}


@pytest.mark.lab(clusters=SITE)
def test_a_context_has_no_place_for_connection_details(lab: Lab, example: Example) -> None:
    """Details of a connection under a name of one's own are no field of a ClusterContext, and refused."""
    written = example("clustercontext.yaml")
    details = {"connection": {"host": "192.0.2.7", "port": 6443}}

    lab.do("apply", on="mgmt", object={**written, "spec": {**written["spec"], **details}}, refused="connection")


@pytest.mark.lab(clusters=SITE, bootstrap="manual")
def test_the_context_feeds_the_variant(lab: Lab, example: Example) -> None:
    """The values of the ClusterContext stand in the PackageVariant, written by the context controller."""
    lab.apply(example("packagevariant-baseline-my-ran.yaml"))
    lab.flow("cluster-baseline", to="my-ran").reach("commit")

    variant = lab["mgmt"].get("packagevariant/baseline-my-ran")

    mutators = {mutator["name"]: mutator["configMap"] for mutator in variant["spec"]["pipeline"]["mutators"]}
    assert mutators["context"]["site-code"] == "site-ran-01"
    assert "lab-context" in {entry["manager"] for entry in variant["metadata"]["managedFields"]}


@pytest.mark.lab(clusters=SITE, bootstrap="manual")
def test_the_variant_of_the_document_works_as_written(lab: Lab, example: Example) -> None:
    """Upstream, downstream and setter of the document's PackageVariant are what the package comes from and becomes."""
    lab.do("apply", on="mgmt", object=example("packagevariant-baseline-my-ran.yaml"), warns="LAB206")

    flow = lab.flow("cluster-baseline", to="my-ran").reach("commit")

    assert flow.trail.upstream == "nephio-blueprints/cluster-baseline@v1"
    assert (flow.trail.repository, flow.trail.directory) == ("nephio-my-ran", "cluster-baseline")
    lab.do("git", repo="nephio-my-ran", file="cluster-baseline/namespaces.yaml", has="my-ran")


@pytest.mark.lab(clusters=SITE, bootstrap="manual", flows=BASELINE)
def test_porch_reads_renders_and_writes_in_this_order(lab: Lab) -> None:
    """The upstream is cloned into a draft, its setters filled and rendered, and the result committed to Git."""
    lab.flow("cluster-baseline", to="my-ran").reach("commit")
    revision = lab.flow("cluster-baseline", to="my-ran").trail.revision

    facts = [record.event for record in lab.events() if getattr(record.event, "revision", "") == revision]

    assert [type(fact).__name__ for fact in facts if type(fact).__name__ not in ("Proposed", "Approved")] == [
        "DraftCreated",
        "Rendered",
        "Committed",
    ]
    assert facts[0].task == "clone"
    assert facts[1].values["cluster-name"] == "my-ran"


@pytest.mark.lab(clusters=SITE, bootstrap="manual", flows=BASELINE)
def test_the_commit_has_the_subject_of_the_document(lab: Lab) -> None:
    """The commit on main says which package, which revision and which cluster, in the document's words."""
    flow = lab.flow("cluster-baseline", to="my-ran").reach("commit")

    assert flow.commit.message.splitlines()[0] == "Rendered cluster-baseline v1 for my-ran"


@pytest.mark.lab(clusters=SITE, bootstrap="manual")
def test_porch_knows_only_the_repositories_that_it_is_told(lab: Lab, example: Example) -> None:
    """A PackageVariant to a Git repository that no Repository names goes nowhere until one does."""
    variant = example("packagevariant-baseline-my-ran.yaml")
    repository = lab["mgmt"].get("repository/nephio-my-ran")
    again = {key: repository[key] for key in ("apiVersion", "kind", "spec")}
    names = ("name", "namespace", "labels", "annotations")
    again["metadata"] = {key: repository["metadata"][key] for key in names if key in repository["metadata"]}
    lab["mgmt"].delete("repository/nephio-my-ran")

    lab.apply(variant)
    lab.do("never", within=60, commit={"repo": "nephio-my-ran"})

    lab.apply(again)
    lab.flow("cluster-baseline", to="my-ran").reach("commit", within=120)


@pytest.mark.lab(clusters=SITE, flows=BASELINE)
def test_the_table_of_components_is_what_status_shows(lab: Lab) -> None:
    """Every component of the document's table stands in the status, where the document puts it, and is up."""
    from lab.wiring.parts import parts_of

    lab.flow("cluster-baseline", to="my-ran").reach("ready")

    shown = {part.name: (part.where, part.purpose, part.state) for part in parts_of(lab.scene.bench.board, up=True)}

    assert shown == {
        "ClusterContext": ("mgmt", "metadata for rendering", "up"),
        "Repository": ("mgmt", "tells Porch which Git", "up"),
        "PackageVariants": ("mgmt", "tell Porch what to render", "up"),
        "Porch": ("mgmt", "renders and commits", "up"),
        "Git": ("git", "delivers: Git is the bridge", "up"),
        "API server": ("my-ran", "the cluster", "up"),
        "Config Sync": ("my-ran", "pulls and applies", "up"),
        "RootSync": ("my-ran", "tells which repo", "up"),
    }
