"""The package context."""

from __future__ import annotations

import pytest

from lab.render.package_context import FILE, package_context, with_package_context
from lab.render.resources import PackageFault

TEXT = package_context({"name": "example", "old": "x"})


def test_data_is_set_and_keys_are_removed() -> None:
    """Data is set first, then keys are removed; comments stay."""
    package = {FILE: TEXT.replace("name: example", "name: example # of the package")}
    changed = with_package_context(package, {"site": "lab", "gone": "1"}, ["old", "gone"], "default/x")
    assert changed[FILE] == package[FILE].replace("  old: x\n", "  site: lab\n")


def test_nothing_is_asked_of_a_package_when_nothing_is_to_be_set() -> None:
    """Without data and keys a package without context is fine."""
    assert with_package_context({"a": "b"}, {}, [], "default/x") == {"a": "b"}


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ({}, "\"package-context.yaml\" not found in PackageRevisionResources 'default/x'"),
        (
            {FILE: "a: ["},
            'failed to parse "package-context.yaml" of PackageRevisionResources default/x: yaml: line 1: ',
        ),
        (
            {FILE: TEXT.replace("ConfigMap", "Secret")},
            '"package-context.yaml" does not contain kind "ConfigMap" in PackageRevisionResources \'default/x\'',
        ),
        (
            {FILE: TEXT.replace("kptfile.kpt.dev", "other")},
            '"package-context.yaml" does not contain resource named "kptfile.kpt.dev" in '
            "PackageRevisionResources 'default/x'",
        ),
        (
            {FILE: TEXT[: TEXT.index("\ndata:") + 1]},
            "PackageRevisionResources default/x PackageContext no data field found",
        ),
        (
            {FILE: TEXT[: TEXT.index("\ndata:") + 1] + "data: [a]\n"},
            "PackageRevisionResources default/x PackageContext invalid data field: ",
        ),
    ],
)
def test_a_package_without_usable_context_is_refused(package: dict[str, str], message: str) -> None:
    """What is missing is said in Porch's words."""
    with pytest.raises(PackageFault) as caught:
        with_package_context(package, {"a": "b"}, [], "default/x")
    assert caught.value.fault.message.startswith(message)
