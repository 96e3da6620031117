"""Upgrades of a package to a new upstream."""

from __future__ import annotations

import pytest

from lab.render.clone import Upstream, clone_package
from lab.render.kptfile import Kptfile
from lab.render.merge import upgrade
from lab.render.package_context import package_context
from lab.render.resources import PackageFault

V1 = Upstream("https://git/b.git", "base", "base/v1", "1" * 40)
V2 = Upstream("https://git/b.git", "base", "base/v2", "2" * 40)
KPTFILE = """\
apiVersion: kpt.dev/v1
kind: Kptfile
metadata:
  name: base
info:
  description: first
pipeline:
  mutators:
  - image: apply-setters:v0.1
    configMap:
      a: b
"""
QUOTA = """\
apiVersion: v1
kind: ResourceQuota
metadata:
  name: quota
  namespace: ran
spec:
  hard:
    pods: 10 # many
    services: 5
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        image: web:1
        args: [a]
"""
ORIGINAL = {
    "Kptfile": KPTFILE,
    "package-context.yaml": package_context({"name": "example"}),
    "README.md": "one\n",
    "quota.yaml": QUOTA,
    "web.yaml": DEPLOYMENT,
}


def _local(**changes: tuple[str, str]) -> dict[str, str]:
    package = clone_package(ORIGINAL, name="mine", upstream=V1, deployment=True)
    for file, (before, after) in changes.items():
        path = file if file == "Kptfile" else f"{file}.yaml"
        assert before in package[path]
        package[path] = package[path].replace(before, after)
    return package


def _upgrade(updated: dict[str, str], local: dict[str, str], strategy: str = "resource-merge") -> dict[str, str]:
    return upgrade(ORIGINAL, updated, local, upstream=V2, strategy=strategy)


def test_an_upgrade_to_the_same_upstream_changes_only_the_lock() -> None:
    """Where neither side changed, every byte stays."""
    local = _local()
    merged = _upgrade(ORIGINAL, local)
    kptfile = Kptfile.parse(merged["Kptfile"])
    assert kptfile.upstream_lock == V2.as_lock()
    assert {**merged, "Kptfile": kptfile.with_upstream(V1.as_upstream(), V1.as_lock()).text} == local


def test_each_side_keeps_its_own_change_and_upstream_wins_a_dispute() -> None:
    """A field changed on one side takes that side's value, one changed on both takes upstream's; comments stay."""
    local = _local(quota=("pods: 10", "pods: 11"), web=("image: web:1", "image: web:mine"))
    updated = {
        **ORIGINAL,
        "quota.yaml": QUOTA.replace("pods: 10", "pods: 12").replace("services: 5", "services: 6"),
        "web.yaml": DEPLOYMENT.replace("[a]", "[a, b]"),
    }
    merged = _upgrade(updated, local)
    assert "pods: 12 # many\n    services: 6\n" in merged["quota.yaml"]
    assert "image: web:mine\n        args: [a, b]\n" in merged["web.yaml"]


def test_lists_of_builtin_kinds_merge_by_their_keys() -> None:
    """A container added on each side gives both; in a custom kind the list is taken whole."""
    local = _local(web=("- name: web", "- name: side\n        image: side:1\n      - name: web"))
    updated = {**ORIGINAL, "web.yaml": DEPLOYMENT + "      - name: extra\n        image: extra:1\n"}
    merged = _upgrade(updated, local)["web.yaml"]
    assert [merged.index(f"- name: {name}") for name in ("side", "web", "extra")] == sorted(
        merged.index(f"- name: {name}") for name in ("side", "web", "extra")
    )


def test_objects_are_added_and_deleted_with_upstream() -> None:
    """Upstream's new object appears with its origin; its deleted one goes only where it was not changed."""
    updated = {
        "Kptfile": KPTFILE,
        "package-context.yaml": ORIGINAL["package-context.yaml"],
        "more/new.yaml": QUOTA.replace("name: quota", "name: new"),
        "LICENSE": "free\n",
    }
    merged = _upgrade(updated, _local(quota=("pods: 10", "pods: 11")))
    assert sorted(merged) == ["Kptfile", "LICENSE", "more/new.yaml", "package-context.yaml", "quota.yaml"]
    assert "# kpt-merge: ran/new\n" in merged["more/new.yaml"]
    assert "pods: 11" in merged["quota.yaml"]


def test_what_was_deleted_or_renamed_here_stays_so() -> None:
    """A locally deleted object does not come back, a renamed one is still the same object."""
    local = _local(quota=("name: quota\n", "name: quota-mine\n"))
    del local["web.yaml"]
    updated = {
        **ORIGINAL,
        "quota.yaml": QUOTA.replace("services: 5", "services: 6"),
        "web.yaml": DEPLOYMENT.replace("web:1", "web:2"),
    }
    merged = _upgrade(updated, local)
    assert "web.yaml" not in merged
    assert "name: quota-mine\n" in merged["quota.yaml"]
    assert "services: 6" in merged["quota.yaml"]


def test_the_package_context_and_local_files_stay() -> None:
    """The package's own context, an extra file, and a changed opaque file survive; an unchanged one follows."""
    local = {**_local(), "extra.yaml": QUOTA.replace("quota", "extra"), "notes.txt": "mine"}
    merged = _upgrade({**ORIGINAL, "README.md": "two\n"}, local)
    assert merged["README.md"] == "two\n"
    assert {key: merged[key] for key in ("extra.yaml", "notes.txt", "package-context.yaml")} == {
        key: local[key] for key in ("extra.yaml", "notes.txt", "package-context.yaml")
    }
    changed = _upgrade({**ORIGINAL, "README.md": "two\n"}, {**local, "README.md": "mine\n"})
    assert changed["README.md"] == "mine\n"


def test_functions_added_here_survive_and_upstreams_change_arrives() -> None:
    """A PackageVariant's function stays in front, upstream's new version and new function come."""
    local = _local()
    variant = [{"name": "cluster", "image": "apply-setters:v0.2", "configMap": {"cluster-name": "my-ran"}}]
    local["Kptfile"] = Kptfile.parse(local["Kptfile"]).with_variant_functions("pv", variant, []).text
    updated = (
        KPTFILE.replace("v0.1", "v0.2").replace("first", "second") + "  - image: set-labels\n    configMap: {x: y}\n"
    )
    kptfile = Kptfile.parse(_upgrade({**ORIGINAL, "Kptfile": updated}, local)["Kptfile"])
    assert [function["image"] for function in kptfile.mutators] == ["apply-setters:v0.2"] * 2 + ["set-labels"]
    assert kptfile.mutators[0]["name"] == "PackageVariant.pv.cluster.0"
    assert (kptfile.name, kptfile.data["info"]["description"]) == ("mine", "second")


def test_the_other_strategies() -> None:
    """Fast-forward refuses a changed package, force replaces all, copy-merge keeps files that are only here."""
    updated = {**ORIGINAL, "quota.yaml": QUOTA.replace("services: 5", "services: 6")}
    local = {**_local(quota=("pods: 10", "pods: 11")), "notes.txt": "mine"}
    with pytest.raises(PackageFault) as caught:
        _upgrade(updated, local, "fast-forward")
    assert caught.value.fault.message == (
        "local package files have been modified: [notes.txt, quota.yaml].\n  use a different update --strategy."
    )
    assert "services: 6" in _upgrade(updated, _local(), "fast-forward")["quota.yaml"]
    forced = _upgrade(updated, local, "force-delete-replace")
    assert "pods: 10" in forced["quota.yaml"]
    assert "notes.txt" not in forced
    copied = _upgrade(updated, local, "copy-merge")
    assert ("pods: 10" in copied["quota.yaml"], copied["notes.txt"]) == (True, "mine")
    assert Kptfile.parse(copied["Kptfile"]).name == "mine"
    with pytest.raises(PackageFault, match="unrecognized update strategy"):
        _upgrade(updated, local, "other")


def test_a_subpackage_added_on_both_sides_is_refused() -> None:
    """Two packages cannot share a folder."""
    extra = {"sub/Kptfile": KPTFILE}
    with pytest.raises(PackageFault, match="subpackage 'sub' has been added both upstream and locally"):
        _upgrade({**ORIGINAL, **extra}, {**_local(), **extra})
