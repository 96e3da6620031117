"""The files under examples/: what the lab would write, and what a server takes."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

from lab.manifests import load

MY_RAN = Path(__file__).parents[2] / "examples" / "my-ran"
ORGANIZATION = "https://github.com/YOUR-ORG"
FILES = sorted(MY_RAN.glob("*.yaml"))


def _variant(name, package):
    return load.packagevariant_yaml(
        name=f"{name}-my-ran",
        upstream_repository="nephio-blueprints",
        package=package,
        workspace="v1",
        downstream_repository="nephio-my-ran",
        setters={"cluster-name": "my-ran"},
        approval="initial",
        form="setters",
    )


EXPECTED = {
    "repositories.yaml": load.repository_yaml(name="nephio-blueprints", url=f"{ORGANIZATION}/nephio-blueprints.git")
    + "---\n"
    + load.repository_yaml(name="nephio-my-ran", url=f"{ORGANIZATION}/nephio-my-ran.git", cluster="my-ran"),
    "clustercontext.yaml": load.clustercontext_yaml(
        name="my-ran", site_code="site-ran-01", cnis=["calico", "macvlan"], provider="baremetal"
    ),
    "packagevariant-baseline-my-ran.yaml": _variant("baseline", "cluster-baseline"),
    "packagevariant-platform-addons-my-ran.yaml": _variant("platform-addons", "platform-addons"),
    "packagevariant-networking-my-ran.yaml": _variant("networking", "networking"),
    "configsync.yaml": load.configsync_yaml(
        cluster="my-ran", image=f"nephio-lab:{importlib.metadata.version('nephio-lab')}"
    ),
    "rootsync.yaml": load.rootsync_yaml(repo_url=f"{ORGANIZATION}/nephio-my-ran.git", source_format=None),
}


def test_every_file_is_checked():
    """No example stands beside those that are compared."""
    assert [path.name for path in FILES] == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example_is_what_the_lab_writes(name):
    """An example equals, byte for byte, what the lab writes with the values of the example."""
    assert (MY_RAN / name).read_text() == EXPECTED[name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_example_passes_a_strict_server(path, judge):
    """Every object of the examples is known, complete and free of unknown fields."""
    assert [fault for obj in load.parse(path.read_text()) for fault in judge.faults(obj)] == []


def test_cluster_context_holds_the_four_facts():
    """The ClusterContext is name, site, CNIs and provider, and nothing to connect with."""
    context = load.parse((MY_RAN / "clustercontext.yaml").read_text())[0]

    assert context == {
        "apiVersion": "infra.nephio.org/v1alpha1",
        "kind": "ClusterContext",
        "metadata": {"name": "my-ran"},
        "spec": {
            "clusterName": "my-ran",
            "siteCode": "site-ran-01",
            "cnis": ["calico", "macvlan"],
            "provider": "baremetal",
        },
    }


def test_rootsync_pulls_the_whole_repository_every_fifteen_seconds():
    """The RootSync is anonymous, follows main from the root, and names no format."""
    root_sync = load.parse((MY_RAN / "rootsync.yaml").read_text())[0]

    assert root_sync == {
        "apiVersion": "configsync.gke.io/v1beta1",
        "kind": "RootSync",
        "metadata": {"name": "root-sync", "namespace": "config-management-system"},
        "spec": {
            "git": {
                "repo": "https://github.com/YOUR-ORG/nephio-my-ran.git",
                "branch": "main",
                "dir": "/",
                "auth": "none",
                "period": "15s",
            }
        },
    }


def test_variants_and_repositories_fit_together():
    """Every variant takes from and writes to a repository of repositories.yaml, and names a blueprint that exists."""
    repositories = {
        obj["metadata"]["name"]: obj["spec"]["deployment"]
        for obj in load.parse((MY_RAN / "repositories.yaml").read_text())
    }
    blueprints = {path.parent.name for path in (MY_RAN.parents[1] / "packages").glob("*/Kptfile")}
    variants = [load.parse(path.read_text())[0] for path in MY_RAN.glob("packagevariant-*.yaml")]

    assert {variant["spec"]["upstream"]["package"] for variant in variants} == blueprints
    for variant in variants:
        assert repositories[variant["spec"]["upstream"]["repo"]] is False
        assert repositories[variant["spec"]["downstream"]["repo"]] is True


def test_readme_names_every_file():
    """Whoever follows the README meets every file, and no file that is not there."""
    named = set(re.findall(r"[a-z-]+\.yaml", (MY_RAN / "README.md").read_text()))

    assert named == set(EXPECTED)
