"""Rendering a package."""

from __future__ import annotations

import pickle

from lab.render.kptfile import Kptfile
from lab.render.pipeline import render

KPTFILE = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: {name}\n"
SETTERS = "  - image: apply-setters:v0.2\n    configMap: {{{config}}}\n"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: example # kpt-set: ${cluster-name}\n"


def _kptfile(name: str, *configs: str) -> str:
    functions = "".join(SETTERS.format(config=config) for config in configs)
    return KPTFILE.format(name=name) + (f"pipeline:\n  mutators:\n{functions}" if functions else "")


def test_a_package_without_pipeline_stays_as_it_is() -> None:
    """Nothing to run, nothing changed, no results."""
    package = {"Kptfile": _kptfile("x"), "ns.yaml": NAMESPACE, "notes.txt": "x"}
    rendering = render(package)
    assert (rendering.package, rendering.failure) == (package, None)
    assert rendering.results == {
        "apiVersion": "kpt.dev/v1",
        "kind": "FunctionResultList",
        "metadata": {"name": "fnresults"},
        "exitCode": 0,
        "items": [],
    }


def test_inner_packages_are_rendered_before_outer_ones() -> None:
    """The outer package's functions see what the inner ones made, and its value comes last."""
    package = {
        "Kptfile": _kptfile("outer", "cluster-name: outer"),
        "sub/Kptfile": _kptfile("inner", "cluster-name: inner"),
        "sub/deep/Kptfile": _kptfile("deep", "cluster-name: deep"),
        "sub/deep/ns.yaml": NAMESPACE,
    }
    rendering = render(package)
    assert [run.package for run in rendering.runs] == ["sub/deep", "sub", ""]
    assert "name: outer #" in rendering.package["sub/deep/ns.yaml"]
    package["Kptfile"] = package["Kptfile"].replace(
        "  name: outer\n", "  name: outer\n  annotations: {kpt.dev/bfs-rendering: 'true'}\n"
    )
    first_outer = render(package)
    assert [run.package for run in first_outer.runs] == ["", "sub", "sub/deep"]
    assert "name: deep #" in first_outer.package["sub/deep/ns.yaml"]


def test_selectors_choose_what_a_function_sees() -> None:
    """Only selected objects are changed, excluded ones never."""
    text = (
        _kptfile("x", "cluster-name: new")
        + "    selectors:\n    - kind: Namespace\n    exclude:\n    - labels: {keep: 'yes'}\n"
    )
    other = NAMESPACE.replace("Namespace", "ConfigMap")
    kept = NAMESPACE + "  labels:\n    keep: 'yes'\n"
    rendering = render({"Kptfile": text, "a.yaml": NAMESPACE, "b.yaml": other, "c.yaml": kept})
    assert rendering.package == {
        "Kptfile": text,
        "a.yaml": NAMESPACE.replace("example", "new"),
        "b.yaml": other,
        "c.yaml": kept,
    }


def test_a_blueprint_that_sets_the_same_setter_overrides_the_variant() -> None:
    """A PackageVariant's functions run first, so the package's own value wins; both values and places are known."""
    variant = [{"name": "cluster", "image": "apply-setters:v0.2", "configMap": {"cluster-name": "my-ran"}}]
    kptfile = Kptfile.parse(_kptfile("x", "cluster-name: example2")).with_variant_functions("pv", variant, [])
    rendering = render({"Kptfile": kptfile.text, "ns.yaml": NAMESPACE})
    assert "name: example2 #" in rendering.package["ns.yaml"]
    assert [use.value for use in rendering.setters["cluster-name"]] == ["my-ran", "example2"]
    (override,) = rendering.overridden
    assert (override.wanted.variant, override.wanted.value, override.wanted.line) == ("pv", "my-ran", 10)
    assert (override.got.variant, override.got.value, override.got.line) == (None, "example2", 12)
    assert override.got.places == (("ns.yaml", 4, "metadata.name"),)


def test_a_variants_value_that_reaches_the_package_is_no_override() -> None:
    """Nothing is said when the blueprint leaves the setter to the variant."""
    variant = [{"name": "cluster", "image": "apply-setters:v0.2", "configMap": {"cluster-name": "my-ran"}}]
    kptfile = Kptfile.parse(_kptfile("x", "other: y")).with_variant_functions("pv", variant, [])
    rendering = render({"Kptfile": kptfile.text, "ns.yaml": NAMESPACE})
    assert rendering.overridden == ()
    assert "name: my-ran #" in rendering.package["ns.yaml"]


def test_the_first_failure_stops_the_render() -> None:
    """The failing function is named with its image, message, file and line; later functions do not run."""
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: b # kpt-set: ${x}-${y}\n"
    rendering = render({"Kptfile": _kptfile("x", "x: '1'", "y: '2'"), "c.yaml": config})
    failure = rendering.failure
    assert failure is not None
    assert (failure.code, failure.image, failure.file, failure.line) == ("LAB401", "apply-setters:v0.2", "c.yaml", 6)
    assert failure.message == "failed to apply setters: values for setters [${y}] must be provided"
    assert failure.details() == (
        "fn.render: pkg .:\n\tpkg.render:\n\tpipeline.run: "
        'func eval "apply-setters:v0.2" failed: failed to apply setters: values for setters [${y}] must be provided'
    )
    assert [run.exit_code for run in rendering.runs] == [1]
    assert rendering.results["exitCode"] == 1
    assert rendering.render_status["error"] == failure.details()


def test_an_unknown_function_is_refused_by_name() -> None:
    """A function that the lab does not have stops the render with its own code, at its line in the Kptfile."""
    text = KPTFILE.format(name="x") + "pipeline:\n  validators:\n  - image: example.org/team/special:v1\n"
    failure = render({"Kptfile": text}).failure
    assert failure is not None
    assert (failure.code, failure.file, failure.line) == ("LAB402", "Kptfile", 7)
    assert failure.message.startswith("function 'example.org/team/special:v1' is not available; available are ")


def test_validators_cannot_change_the_package() -> None:
    """What a validator changes is thrown away."""
    text = KPTFILE.format(name="x") + "pipeline:\n  validators:\n" + SETTERS.format(config="cluster-name: new")
    package = {"Kptfile": text, "ns.yaml": NAMESPACE}
    rendering = render(package)
    assert (rendering.package, rendering.failure) == (package, None)
    assert rendering.runs[0].results[0].message == 'set field value to "new"'


def test_packages_that_kpt_cannot_read_fail_with_their_place() -> None:
    """No Kptfile, an invalid one, broken YAML and a document that is no object are failures with file and line."""
    root = _kptfile("x")
    cases = [
        ({"ns.yaml": NAMESPACE}, "Kptfile", 0, "package must contain Kptfile at root"),
        ({"Kptfile": root + "a: b\n"}, "Kptfile", 5, "field a not found"),
        ({"Kptfile": root, "a/b.yaml": "a: [\n"}, "a/b.yaml", 1, "yaml: line 1:"),
        ({"Kptfile": root, "b.yaml": "kind: A\napiVersion: v1\n"}, "b.yaml", 1, "must have `metadata.name`"),
    ]
    for package, file, line, message in cases:
        failure = render(package).failure
        assert failure is not None
        assert (failure.file, failure.line) == (file, line)
        assert message in failure.message


def test_ignored_files_are_not_rendered() -> None:
    """Files that .krmignore names are left alone, even when they are no YAML."""
    ignored = {
        ".krmignore": "templates/\n*.tmpl.yaml\n!good.tmpl.yaml\n",
        "templates/a.yaml": "a: [",
        "x/b.tmpl.yaml": "{{",
    }
    package = {"Kptfile": _kptfile("x", "cluster-name: new"), **ignored, "good.tmpl.yaml": NAMESPACE}
    rendering = render(package)
    assert rendering.failure is None
    assert rendering.package == {**package, "good.tmpl.yaml": NAMESPACE.replace("example", "new")}


def test_the_condition_rendered_is_written_when_asked_for() -> None:
    """The root Kptfile says whether the render succeeded, and why not."""
    good = render({"Kptfile": _kptfile("x")}, record_condition=True)
    condition = {"type": "Rendered", "status": "True", "reason": "RenderSuccess"}
    assert Kptfile.parse(good.package["Kptfile"]).conditions == (condition,)
    bad = render({"Kptfile": _kptfile("x"), "a.yaml": "a: ["}, record_condition=True)
    (found,) = Kptfile.parse(bad.package["Kptfile"]).conditions
    assert (found["status"], found["reason"]) == ("False", "RenderFailed")
    assert bad.failure is not None
    assert found["message"] == bad.failure.details()
    assert found["message"].endswith("\n\ta.yaml: yaml: line 1: did not find expected node content")


def test_a_rendering_can_be_sent_to_another_process() -> None:
    """Renderings are made in worker processes."""
    rendering = render({"Kptfile": _kptfile("x", "cluster-name: new"), "ns.yaml": NAMESPACE})
    assert pickle.loads(pickle.dumps(rendering)) == rendering
