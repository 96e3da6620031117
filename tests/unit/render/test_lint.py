"""Warnings about a package."""

from __future__ import annotations

from lab.render.lint import lint
from lab.render.package_context import package_context

KPTFILE = """\
apiVersion: kpt.dev/v1
kind: Kptfile
metadata:
  name: x
pipeline:
  mutators:
  - image: apply-setters:v0.2
    configMap:
      cluster-name: example
      other: value
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: example # kpt-set: ${cluster-name}\n"
CONTEXT = {"package-context.yaml": package_context({"name": "example"})}


def _found(package: dict[str, str], *setters: str) -> list[tuple[str, str, int]]:
    return [(warning.rule, warning.file, warning.line) for warning in lint({**CONTEXT, **package}, setters)]


def test_a_blueprint_that_gives_a_variants_setter_is_warned_of() -> None:
    """The value in the blueprint would win over every variant's."""
    package = {**CONTEXT, "Kptfile": KPTFILE, "ns.yaml": NAMESPACE}
    (warning,) = lint(package, ["cluster-name"])
    assert (warning.rule, warning.file, warning.line) == ("setter-of-variants", "Kptfile", 9)
    assert '"cluster-name" the value "example"' in warning.message


def test_a_setters_file_is_read_too() -> None:
    """The same holds for values that stand in a file of the package."""
    text = KPTFILE[: KPTFILE.index("    configMap")] + "    configPath: setters.yaml\n"
    setters = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: s\ndata:\n  cluster-name: example\n"
    package = {"Kptfile": text, "ns.yaml": NAMESPACE, "setters.yaml": setters}
    assert _found(package, "cluster-name") == [("setter-of-variants", "setters.yaml", 6)]


def test_a_variants_own_function_is_no_reason_to_warn() -> None:
    """In a downstream package the PackageVariant's function gives the value as it should."""
    text = KPTFILE.replace("  - image: apply", "  - name: PackageVariant.pv.cluster.0\n    image: apply")
    assert _found({"Kptfile": text, "ns.yaml": NAMESPACE}, "cluster-name") == []


def test_other_warnings() -> None:
    """Unknown functions, setters without a place, comments of wrong form, objects given twice, no context."""
    text = KPTFILE.replace("apply-setters:v0.2", "example.org/own:v1")
    package = {"Kptfile": text, "a.yaml": NAMESPACE.replace("kpt-set: ", "kpt-set:"), "b.yaml": NAMESPACE}
    assert _found(package, "zone") == [
        ("setter-without-place", "Kptfile", 0),
        ("unknown-function", "Kptfile", 7),
        ("setter-comment-form", "a.yaml", 4),
        ("duplicate-object", "b.yaml", 1),
    ]
    assert [warning.rule for warning in lint({"Kptfile": text[: text.index("pipeline")]})] == ["no-package-context"]
    assert [warning.rule for warning in lint({**CONTEXT, "Kptfile": "a: b\n"})] == ["invalid-kptfile"]
