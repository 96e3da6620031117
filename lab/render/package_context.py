"""The package context: a ConfigMap that tells a package's functions the package's name and more.

Source: kpt, package context; Porch, PackageVariant controller, `packageContext`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lab.kit.yaml_write import document_text
from lab.render.manifests import read_file, write_back
from lab.render.resources import LOCAL_CONFIG, Fault, Package, PackageFault, Resource

FILE = "package-context.yaml"
NAME = "kptfile.kpt.dev"


def package_context(data: Mapping[str, str]) -> str:
    """The text of a new `package-context.yaml` with this data."""
    return document_text(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME, "annotations": {LOCAL_CONFIG: "true"}},
            "data": dict(data),
        }
    )


def is_package_context(resource: Resource) -> bool:
    """Whether an object is a package context."""
    return (resource.api_version, resource.kind, resource.name) == ("v1", "ConfigMap", NAME)


def with_package_context(
    package: Package, data: Mapping[str, str], remove_keys: Iterable[str], revision: str
) -> dict[str, str]:
    """The package with `data` set in its context, then `remove_keys` removed; without both nothing is asked of it.

    `revision` is `namespace/name` of the PackageRevision, for messages. Raises PackageFault, in Porch's words, when
    the package has no context that can be changed.
    """
    removed = list(remove_keys)
    if not data and not removed:
        return dict(package)
    resource = _context(package, revision)
    if "data" not in resource.data:
        raise _fault(f"PackageRevisionResources {revision} PackageContext no data field found", resource)
    given = resource.data["data"]
    if not isinstance(given, dict):
        message = f"PackageRevisionResources {revision} PackageContext invalid data field: it is not a map"
        raise _fault(message, resource, "data")
    wanted = {**given, **data}
    changed = resource.editable()
    changed["data"] = {key: value for key, value in wanted.items() if key not in removed}
    return write_back(package, [resource.with_data(changed)])


def _context(package: Package, revision: str) -> Resource:
    if FILE not in package:
        raise PackageFault(Fault(FILE, 0, 0, f"\"{FILE}\" not found in PackageRevisionResources '{revision}'"))
    resources, faults = read_file(FILE, package[FILE])
    if faults:
        message = f'failed to parse "{FILE}" of PackageRevisionResources {revision}: {faults[0].message}'
        raise PackageFault(Fault(FILE, faults[0].line, faults[0].column, message))
    if len(resources) != 1 or resources[0].kind != "ConfigMap":
        message = f'"{FILE}" does not contain kind "ConfigMap" in PackageRevisionResources \'{revision}\''
        raise PackageFault(Fault(FILE, resources[0].line_of("kind") if resources else 1, 1, message))
    if resources[0].name != NAME:
        message = f'"{FILE}" does not contain resource named "{NAME}" in PackageRevisionResources \'{revision}\''
        raise _fault(message, resources[0], "metadata", "name")
    return resources[0]


def _fault(message: str, resource: Resource, *path: str) -> PackageFault:
    return PackageFault(Fault(resource.file, resource.line_of(*path), 1, message))
