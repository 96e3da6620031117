"""Config injection: objects of the management cluster take the place of marked objects in a package.

Source: Porch, PackageVariant controller, config injection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.render.kptfile import FILE, Kptfile
from lab.render.manifests import read_package, write_back
from lab.render.resources import Fault, Package, PackageFault, Resource

POINT = "kpt.dev/config-injection"
INJECTED = "kpt.dev/injected-resource"


@dataclass(frozen=True, slots=True)
class InjectionPoint:
    """A marked object: its condition type says which, `required` whether approval waits for it."""

    resource: Resource
    condition_type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Injection:
    """What became of a point: the name of the object that was copied, or None with the reasons in `message`."""

    point: InjectionPoint
    source: str | None
    message: str

    @property
    def condition(self) -> dict[str, str]:
        """The point's condition in the Kptfile."""
        status, reason = ("True", "ConfigInjected") if self.source else ("False", "NoResourceSelected")
        return {"type": self.point.condition_type, "status": status, "reason": reason, "message": self.message}


def injection_points(package: Package) -> tuple[InjectionPoint, ...]:
    """The marked objects of a package. Raises PackageFault for an unknown mark and for two points of one type."""
    points: list[InjectionPoint] = []
    wrong: list[str] = []
    first: Resource | None = None
    for resource in read_package(package).resources:
        value = resource.annotations.get(POINT)
        if value is None:
            continue
        if value not in ("required", "optional"):
            first = first or resource
            shown = f"{resource.file}: {resource.kind}/{resource.name}"
            wrong.append(f'{shown} has invalid "{POINT}" annotation value of "{value}"')
            continue
        condition_type = f"config.injection.{resource.kind}.{resource.name}"
        for other in points:
            if other.condition_type == condition_type:
                first = first or resource
                files = f"{other.resource.file} and {resource.file}"
                wrong.append(f'duplicate injection conditionType "{condition_type}" ({files})')
        points.append(InjectionPoint(resource, condition_type, value == "required"))
    if first is not None:
        message = f"errors in injection points: {', '.join(wrong)}"
        raise PackageFault(Fault(first.file, first.line_of("metadata", "annotations", POINT), 1, message))
    return tuple(points)


def inject(
    package: Package, injectors: Sequence[Mapping[str, Any]], objects: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, str], tuple[Injection, ...]]:
    """The package with every point filled that can be, its Kptfile's conditions and gates kept, and what came of each.

    `injectors` are the PackageVariant's, `objects` those of its namespace on the management cluster (others than of
    the points' kinds are passed over). A point that nothing fills is no error: its gate blocks approval. Raises
    PackageFault for wrong marks, and when a chosen object lacks the field to copy.
    """
    points = injection_points(package)
    if not points:
        return dict(package), ()
    candidates = list(objects)
    injections: list[Injection] = []
    changed: list[Resource] = []
    for point in points:
        source, message = _choose(point.resource, injectors, candidates)
        if source is None:
            injections.append(Injection(point, None, message))
            continue
        changed.append(_filled(point.resource, source))
        name = str(source["metadata"]["name"])
        injections.append(Injection(point, name, f'injected resource "{name}" from cluster'))
    written = write_back(package, changed)
    written[FILE] = _kept_books(Kptfile.read(written[FILE]), injections).text
    return written, tuple(injections)


def _choose(
    resource: Resource, injectors: Sequence[Mapping[str, Any]], objects: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any] | None, str]:
    if not injectors:
        return None, "no injectors defined"
    alike = {
        each["metadata"]["name"]: each
        for each in objects
        if (each.get("apiVersion"), each.get("kind")) == (resource.api_version, resource.kind)
    }
    if not alike:
        return None, f"no in-cluster resources of type {resource.api_version}.{resource.kind}"
    for injector in injectors:
        given = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        fits = all(injector.get(field) in (None, "", value) for field, value in given.items())
        if fits and injector.get("name") in alike:
            return alike[injector["name"]], ""
    return None, "no resource matched any injection selector for this injection point"


def _filled(resource: Resource, source: Mapping[str, Any]) -> Resource:
    field = "data" if (resource.api_version, resource.kind) == ("v1", "ConfigMap") else "spec"
    name = source["metadata"]["name"]
    if field not in source:
        raise PackageFault(
            Fault(resource.file, resource.line_of(), 1, f'field "{field}" not found in resource "{name}"')
        )
    data = resource.editable()
    data[field] = source[field]
    data["metadata"]["annotations"][INJECTED] = name
    return resource.with_data(data)


def _kept_books(kptfile: Kptfile, injections: Sequence[Injection]) -> Kptfile:
    conditions = {str(condition.get("type")): dict(condition) for condition in kptfile.conditions}
    conditions |= {injection.point.condition_type: injection.condition for injection in injections}
    kptfile = kptfile.with_conditions(conditions[condition_type] for condition_type in sorted(conditions))
    required = {injection.point.condition_type for injection in injections if injection.point.required}
    if not required:
        return kptfile
    return kptfile.with_readiness_gates(sorted({*kptfile.readiness_gates, *required}))
