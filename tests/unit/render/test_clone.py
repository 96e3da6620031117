"""The first content of a package."""

from __future__ import annotations

import pytest

from lab.render.clone import Upstream, clone_package, init_package
from lab.render.kptfile import Kptfile
from lab.render.package_context import package_context
from lab.render.pipeline import render
from lab.render.resources import PackageFault

UPSTREAM = Upstream("https://git/blueprints.git", "baseline", "baseline/v1", "c" * 40)
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ran # the one\n"
ROLE = "apiVersion: rbac/v1\nkind: Role\nmetadata: {name: r, namespace: ran}\n"
PACKAGE = {
    "Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: baseline\n",
    "package-context.yaml": package_context({"name": "example"}),
    "README.md": "# baseline\n",
    "ns.yaml": NAMESPACE,
    "sub/role.yaml": ROLE + "---\n" + package_context({"name": "inner"}),
}


def test_init_gives_a_package_that_renders() -> None:
    """Kptfile, README and package context with the name `example`."""
    package = init_package("baseline", keywords=["ran"], site="https://example.org")
    assert sorted(package) == ["Kptfile", "README.md", "package-context.yaml"]
    assert Kptfile.parse(package["Kptfile"]).data["info"] == {
        "site": "https://example.org",
        "description": "baseline description",
        "keywords": ["ran"],
    }
    assert "name: example\n" in package["package-context.yaml"]
    assert render(package).failure is None


def test_clone_marks_every_object_with_its_origin() -> None:
    """Merge comment and identifier are added to objects, other files and comments stay."""
    package = clone_package(PACKAGE, name="base", upstream=UPSTREAM, deployment=False)
    assert package["ns.yaml"] == (
        "apiVersion: v1\nkind: Namespace\nmetadata: # kpt-merge: /ran\n  name: ran # the one\n"
        "  annotations:\n    internal.kpt.dev/upstream-identifier: '|Namespace|default|ran'\n".replace("'", '"')
    )
    assert "# kpt-merge: ran/r\n" in package["sub/role.yaml"]
    assert package["README.md"] == PACKAGE["README.md"]
    kptfile = Kptfile.parse(package["Kptfile"])
    assert kptfile.name == "base"
    assert kptfile.annotations == {"internal.kpt.dev/upstream-identifier": "kpt.dev|Kptfile|default|baseline"}
    assert "kpt-merge" not in kptfile.text
    assert kptfile.upstream == UPSTREAM.as_upstream()
    assert kptfile.upstream_lock == {"type": "git", "git": {**UPSTREAM.as_upstream()["git"], "commit": "c" * 40}}
    assert "example" in package["package-context.yaml"]


def test_clone_into_a_deployment_repository_makes_a_new_context() -> None:
    """Every context is dropped, wherever it stands, and the root gets one with name and path."""
    package = clone_package(PACKAGE, name="base", upstream=UPSTREAM, deployment=True, path="ran/base")
    assert package["package-context.yaml"] == package_context({"name": "base", "package-path": "ran/base"})
    assert "kptfile.kpt.dev" not in package["sub/role.yaml"]
    assert "kind: Role" in package["sub/role.yaml"]


def test_clone_adds_metadata_and_gates() -> None:
    """Labels, annotations and gates of the request join those of the upstream."""
    package = clone_package(
        PACKAGE,
        name="base",
        upstream=UPSTREAM,
        deployment=False,
        labels={"a": "b"},
        annotations={"c": "d"},
        readiness_gates=["e"],
    )
    kptfile = Kptfile.parse(package["Kptfile"])
    assert (kptfile.labels, kptfile.annotations["c"], kptfile.readiness_gates) == ({"a": "b"}, "d", ("e",))


def test_an_upstream_without_kptfile_is_refused() -> None:
    """What is no package cannot be cloned."""
    with pytest.raises(PackageFault):
        clone_package({"ns.yaml": NAMESPACE}, name="base", upstream=UPSTREAM, deployment=False)
