"""The packages under packages/, rendered with the values of a variant and of a ClusterContext."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.kit.yaml_nodes import compose, data_of
from lab.manifests import load
from lab.render.kptfile import Kptfile
from lab.render.pipeline import render

FOLDER = Path(__file__).parents[2] / "packages"
BLUEPRINTS = ["cluster-baseline", "networking", "platform-addons"]
CONTEXT = {"cluster-name": "my-ran", "site-code": "site-ran-01", "cnis": "[calico, macvlan]"}


def _rendered(package, values):
    """The outcome of rendering a blueprint with a variant's values in front of its own pipeline."""
    folder = FOLDER / package
    files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    step = {"name": "setters", "image": load.APPLY_SETTERS, "configMap": values}
    kptfile = Kptfile.parse(files["Kptfile"]).with_variant_functions("baseline-my-ran", [step], [])
    return render({**files, "Kptfile": kptfile.text})


def _objects(rendering):
    assert rendering.failure is None
    texts = [text for path, text in rendering.package.items() if path.endswith(".yaml")]
    return [obj for text in texts for obj in load.parse(text)]


def _find(objects, kind, name):
    return next(obj for obj in objects if (obj["kind"], obj["metadata"]["name"]) == (kind, name))


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_values_of_the_context_reach_every_place(package):
    """After a render with a cluster's facts no object that is applied says `example` any more."""
    objects = _objects(_rendered(package, CONTEXT))
    applied = [obj for obj in objects if "config.kubernetes.io/local-config" not in str(obj["metadata"])]

    assert not [obj["metadata"]["name"] for obj in applied if "'example'" in str(obj)]
    assert "my-ran" in str(applied)


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_a_variants_values_are_not_overridden(package):
    """No value of the context meets one of the blueprint."""
    assert _rendered(package, CONTEXT).overridden == ()


@pytest.mark.parametrize("package", BLUEPRINTS)
def test_rendering_without_new_values_changes_nothing_but_the_pipeline(package):
    """The blueprint's own values are those that stand in its files, so an upgrade shows real changes only."""
    rendering = _rendered(package, {"cluster-name": "example"})
    before = {path.name: path.read_text() for path in (FOLDER / package).glob("*.yaml")}

    assert rendering.failure is None
    assert {path: rendering.package[path] for path in before} == before


def test_rendered_objects_still_pass_a_strict_server(make_judge):
    """What is committed is what a server takes."""
    objects = [obj for package in BLUEPRINTS for obj in _objects(_rendered(package, CONTEXT))]
    judge = make_judge([obj for obj in objects if obj["kind"] == "CustomResourceDefinition"])

    assert [fault for obj in objects for fault in judge.faults(obj)] == []


def test_cluster_identity_holds_text_only():
    """Facts are text in a ConfigMap, also a list and a name made of digits."""
    objects = _objects(_rendered("cluster-baseline", {**CONTEXT, "cluster-name": "0815"}))

    assert _find(objects, "ConfigMap", "cluster-identity")["data"] == {
        "cluster-name": "0815",
        "site-code": "site-ran-01",
        "cnis": "[calico, macvlan]",
    }
    assert _find(objects, "Namespace", "openairinterface")["metadata"]["labels"]["nephio.org/cluster-name"] == "0815"


def test_one_range_can_be_given_alone():
    """A variant that sets one value of an attachment leaves the other values of the same line as they stand."""
    objects = _objects(_rendered("networking", {"n3-range": "10.9.3.0/24"}))
    attachment = _find(objects, "NetworkAttachmentDefinition", "n3")

    assert data_of(compose(attachment["spec"]["config"])) == {
        "cniVersion": "0.3.1",
        "type": "macvlan",
        "master": "eth1",
        "mode": "bridge",
        "ipam": {"type": "whereabouts", "range": "10.9.3.0/24"},
    }


def test_the_place_of_volumes_can_be_given():
    """A site with a disk of its own for volumes says where it is mounted."""
    objects = _objects(_rendered("platform-addons", {"storage-path": "/mnt/data"}))
    config = _find(objects, "ConfigMap", "local-path-config")["data"]["config.json"]

    assert data_of(compose(config)) == {
        "nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/mnt/data"]}]
    }


def test_a_variant_cannot_change_what_the_blueprint_decides():
    """A variant's version of an image loses against the blueprint's, and the render names both."""
    rendering = _rendered("networking", {**CONTEXT, "multus-version": "v9.9.9"})
    daemon_set = _find(_objects(rendering), "DaemonSet", "multus")

    assert daemon_set["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":v4.2.2-thick")
    assert [(found.setter, found.wanted.value, found.got.value) for found in rendering.overridden] == [
        ("multus-version", "v9.9.9", "v4.2.2")
    ]
