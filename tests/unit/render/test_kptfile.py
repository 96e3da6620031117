"""A Kptfile, read and edited."""

from __future__ import annotations

import pytest

from lab.render.kptfile import Kptfile, variant_of
from lab.render.resources import PackageFault

TEXT = """\
# the baseline of every cluster
apiVersion: kpt.dev/v1
kind: Kptfile
metadata:
  name: cluster-baseline # flat
  annotations:
    config.kubernetes.io/local-config: "true"
info:
  description: namespaces, quotas
pipeline:
  mutators:
  # sets names
  - image: apply-setters:v0.2
    configMap:
      port: 080
      on: yes
"""


def test_what_a_kptfile_says() -> None:
    """Name, annotations and functions are read; values of a function's map are text as written."""
    kptfile = Kptfile.parse(TEXT)
    assert kptfile.name == "cluster-baseline"
    assert kptfile.annotations == {"config.kubernetes.io/local-config": "true"}
    assert kptfile.mutators == ({"image": "apply-setters:v0.2", "configMap": {"port": "080", "on": "yes"}},)
    assert (kptfile.validators, kptfile.readiness_gates, kptfile.conditions) == ((), (), ())
    assert (kptfile.upstream, kptfile.upstream_lock) == (None, None)
    assert kptfile.line_of("pipeline", "mutators", 0) == 13


def test_a_variants_functions_come_first_and_nothing_else_changes() -> None:
    """A PackageVariant's functions are renamed and stand before the package's own, which keep every byte."""
    functions = [{"name": "cluster", "image": "apply-setters:v0.2", "configMap": {"cluster-name": "edge-7"}}]
    changed = Kptfile.parse(TEXT).with_variant_functions("baseline-edge-7", functions, [])
    added = """\
  - name: PackageVariant.baseline-edge-7.cluster.0
    image: apply-setters:v0.2
    configMap:
      cluster-name: edge-7
"""
    assert changed.text == TEXT.replace("  # sets names\n", added + "  # sets names\n")


def test_a_variants_functions_are_replaced_not_repeated() -> None:
    """Giving the functions again replaces the earlier ones, another variant's functions stay, none removes them."""
    functions = [{"name": "a", "image": "x"}, {"image": "y"}]
    once = Kptfile.parse(TEXT).with_variant_functions("one", functions, functions)
    again = once.with_variant_functions("two", functions[:1], []).with_variant_functions("one", functions[1:], [])
    names = [function.get("name") for function in again.mutators]
    assert names == ["PackageVariant.one..0", "PackageVariant.two.a.0", None]
    cleaned = again.with_variant_functions("one", [], []).with_variant_functions("two", [], [])
    assert cleaned.text == TEXT


def test_a_pipeline_without_functions_is_removed() -> None:
    """Empty lists and an empty pipeline are not kept."""
    assert "pipeline" not in Kptfile.parse(TEXT).with_pipeline([], []).data


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("PackageVariant.pv.fn.0", "pv"),
        ("PackageVariant.pv.fn.x", None),
        ("PackageVariant.p.v.fn.0", None),
        ("fn", None),
        ("PackageVariant.pv..12", "pv"),
    ],
)
def test_the_variant_that_gave_a_function(name: str, variant: str | None) -> None:
    """A name of four parts that ends in a number says which PackageVariant brought the function."""
    assert variant_of(name) == variant


def test_upstream_and_its_lock_stand_in_kpts_order() -> None:
    """New fields stand where kpt writes them."""
    git = {"repo": "https://git/r.git", "directory": "cluster-baseline", "ref": "cluster-baseline/v1"}
    lock = {"type": "git", "git": {**git, "commit": "0" * 40}}
    changed = Kptfile.parse(TEXT).with_name("other").with_upstream({"type": "git", "git": git}, lock)
    assert list(changed.data) == ["apiVersion", "kind", "metadata", "upstream", "upstreamLock", "info", "pipeline"]
    assert (changed.upstream_lock, changed.name) == (lock, "other")
    assert "name: other # flat\n" in changed.text
    assert changed.with_upstream(None, None).with_name("cluster-baseline").text == TEXT


def test_gates_and_conditions_come_and_go() -> None:
    """Readiness gates and conditions are set, one condition is replaced in place, and all can be removed."""
    condition = {"type": "a", "status": "False", "reason": "r", "message": "m"}
    kptfile = Kptfile.parse(TEXT).with_readiness_gates(["a", "b"])
    kptfile = kptfile.with_conditions([condition, {"type": "c", "status": "True"}])
    assert kptfile.unmet_gates == ("a", "b")
    kptfile = kptfile.with_condition({**condition, "status": "True"})
    assert kptfile.unmet_gates == ("b",)
    assert [each["type"] for each in kptfile.conditions] == ["a", "c"]
    assert kptfile.with_conditions([]).with_readiness_gates([]).text == TEXT


def test_labels_and_annotations_are_replaced() -> None:
    """Exactly the given labels and annotations remain; none removes the field."""
    kptfile = Kptfile.parse(TEXT).with_labels({"a": "yes"}).with_annotations({})
    assert (kptfile.labels, kptfile.annotations) == ({"a": "yes"}, {})
    assert '    a: "yes"\n' in kptfile.text


HEAD = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: x\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (HEAD + "pipelin: {}\n", 5, "yaml: unmarshal errors:\n  line 5: field pipelin not found in type v1.KptFile"),
        (
            HEAD + "pipeline:\n  mutators:\n  - image: x\n    config: {}\n",
            8,
            "yaml: unmarshal errors:\n  line 8: field config not found in type v1.Function",
        ),
        (
            HEAD + "pipeline:\n  mutators: x\n",
            6,
            "yaml: unmarshal errors:\n  line 6: cannot unmarshal !!str `x` into []v1.Function",
        ),
        (
            HEAD + "pipeline:\n  validators:\n  - name: x\n",
            7,
            "Kptfile is invalid:\nField: `pipeline.validators[0]`\n"
            "Reason: must specify a functon (`image` or `exec`) to execute",
        ),
        (
            HEAD + "pipeline:\n  mutators:\n  - image: x\n    configPath: ../a.yaml\n",
            8,
            "Kptfile is invalid:\nField: `pipeline.mutators[0].configPath`\n"
            "Reason: path must not be outside the package",
        ),
        ("apiVersion: v1\nkind: Kptfile\n", 1, "unknown resource type 'v1/Kptfile', expect kpt.dev/v1/Kptfile"),
        (
            "kind: Kptfile\napiVersion: kpt.dev/v1alpha2\n",
            2,
            "old resource version 'kpt.dev/v1alpha2' found in Kptfile; kpt.dev/v1 is needed",
        ),
        ("a: [\n", 1, "yaml: line 1: did not find expected node content"),
    ],
)
def test_an_invalid_kptfile_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    """Unknown fields, wrong kinds of values and functions that cannot run are refused in kpt's words."""
    with pytest.raises(PackageFault) as caught:
        Kptfile.parse(text)
    assert (caught.value.fault.line, caught.value.fault.message) == (line, message)
