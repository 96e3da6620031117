"""Rendering, cloning and upgrading, tried on made-up packages."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.kit.yaml_edit import same
from lab.kit.yaml_write import document_text
from lab.render.clone import Upstream, clone_package
from lab.render.manifests import read_package
from lab.render.merge import upgrade
from lab.render.merge_fields import MISSING, merge_fields
from lab.render.origin import IDENTIFIER
from lab.render.pipeline import render

V1 = Upstream("https://git/b.git", "base", "base/v1", "1" * 40)
V2 = Upstream("https://git/b.git", "base", "base/v2", "2" * 40)
KPTFILE = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: base\n"
TEXTS = st.text("ab-1: #'\"{}[]", max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)),
    max_leaves=6,
)
SPECS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)
PACKAGES = st.dictionaries(st.sampled_from(["one", "two", "three"]), SPECS, max_size=3)


def _package(specs: dict[str, Any]) -> dict[str, str]:
    package = {"Kptfile": KPTFILE}
    for name, spec in specs.items():
        data = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": name}, "spec": spec}
        package[f"{name}.yaml"] = f"# about {name}\n{document_text(data)}"
    return package


def _specs(package: dict[str, str]) -> dict[str, Any]:
    return {each.name: each.data.get("spec") for each in read_package(package).resources if each.kind == "Thing"}


@given(before=PACKAGES, after=PACKAGES)
def test_an_unchanged_copy_becomes_the_new_upstream(before: dict[str, Any], after: dict[str, Any]) -> None:
    """When nothing was changed here, an upgrade gives what a fresh clone of the new upstream holds."""
    local = clone_package(_package(before), name="mine", upstream=V1, deployment=False)
    merged = upgrade(_package(before), _package(after), local, upstream=V2)
    assert same(_specs(_package(after)), _specs(merged))
    assert all(IDENTIFIER in each.annotations for each in read_package(merged).resources)


@given(before=PACKAGES, here=PACKAGES)
def test_an_unchanged_upstream_leaves_the_copy_as_it_is(before: dict[str, Any], here: dict[str, Any]) -> None:
    """When upstream did not change, every byte of the local objects stays."""
    local = clone_package(_package(here), name="mine", upstream=V1, deployment=False)
    merged = upgrade(_package(before), _package(before), local, upstream=V2)
    assert {**merged, "Kptfile": ""} == {**local, "Kptfile": ""}


@given(base=VALUES, new=VALUES, here=VALUES)
def test_a_field_changed_on_one_side_takes_that_side(base: Any, new: Any, here: Any) -> None:
    """The merge follows the only side that changed, and both when they agree."""
    assert same(merge_fields(base, base, here, lists_by_key=False), here)
    assert same(merge_fields(base, new, base, lists_by_key=False), new)
    assert same(merge_fields(base, new, new, lists_by_key=False), new)
    assert merge_fields(base, MISSING, here, lists_by_key=False) is MISSING


@given(first=TEXTS, second=TEXTS, style=st.sampled_from(["x", "'x'", '"x"', ""]))
def test_setters_write_once_and_touch_only_marked_lines(first: str, second: str, style: str) -> None:
    """Rendering again changes nothing, and lines without a mark keep every byte."""
    body = (
        f"data:\n  plain:   {style} # kpt-set: ${{a}}\n  both: {style} # kpt-set: ${{a}}-${{b}}\n  odd:   'y'   # z\n"
    )
    config = document_text({"a": first, "b": second}).replace("\n", "\n      ").rstrip()
    kptfile = f"{KPTFILE}pipeline:\n  mutators:\n  - image: apply-setters\n    configMap:\n      {config}\n"
    package = {"Kptfile": kptfile, "c.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n{body}"}
    rendering = render(package)
    assert rendering.failure is None
    assert render(rendering.package).package == rendering.package
    lines = zip(package["c.yaml"].splitlines(), rendering.package["c.yaml"].splitlines(), strict=True)
    assert all(old == new for old, new in lines if "kpt-set" not in old)
