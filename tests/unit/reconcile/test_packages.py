"""Which package a file belongs to."""

from __future__ import annotations

from lab.reconcile.packages import package_directories, package_of


def test_nearest_kptfile_decides() -> None:
    """A file belongs to the nearest directory above it that holds a Kptfile, else to no package."""
    packages = package_directories(["base/Kptfile", "base/sub/Kptfile", "base/a.yaml", "other/README.md"])
    assert {"base", "base/sub"} == packages
    assert package_of("base/deep/er/a.yaml", packages) == "base"
    assert package_of("base/sub/a.yaml", packages) == "base/sub"
    assert package_of("other/a.yaml", packages) == ""
    assert package_of("a.yaml", packages) == ""


def test_kptfile_at_the_root() -> None:
    """A repository that is one package has the directory "", like files outside packages."""
    packages = package_directories(["Kptfile", "sub/a.yaml"])
    assert {""} == packages
    assert package_of("sub/a.yaml", packages) == ""
