"""A PackageVariant as the controller reads it: defaults, the lab's short form of setters, and what is wrong in it.

Source: Porch, PackageVariant validation, with its texts in its order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

APPLY_SETTERS = "apply-setters:v0.2.0"
SETTERS_NAME = "setters"
POLICY_ANNOTATION = "approval.nephio.org/policy"
DELAY_ANNOTATION = "approval.nephio.org/delay"
_RESERVED = ("name", "package-path")


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """The facts of one PackageVariant; `mutators` already hold its setters."""

    namespace: str
    name: str
    uid: str
    upstream_repository: str
    upstream_package: str
    upstream_workspace: str
    repository: str
    package: str
    adopts: bool
    orphans: bool
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    context: Mapping[str, str]
    removed_context: tuple[str, ...]
    mutators: tuple[dict[str, Any], ...]
    validators: tuple[dict[str, Any], ...]
    injectors: tuple[dict[str, Any], ...]

    @property
    def upstream(self) -> str:
        """The upstream as events show it: `repo/package@workspace`."""
        return f"{self.upstream_repository}/{self.upstream_package}@{self.upstream_workspace or 'main'}"

    @property
    def shown(self) -> str:
        """The name in events: plain in the namespace default."""
        return self.name if self.namespace == "default" else f"{self.namespace}/{self.name}"

    def owner(self) -> dict[str, Any]:
        """The owner reference that its package revisions carry."""
        return {
            "apiVersion": "config.porch.kpt.dev/v1alpha1",
            "kind": "PackageVariant",
            "name": self.name,
            "uid": self.uid,
            "controller": True,
        }


def spec_of(obj: Mapping[str, Any]) -> VariantSpec:
    """The facts of a PackageVariant object, however incomplete it is."""
    meta, spec = _map(obj.get("metadata")), _map(obj.get("spec"))
    upstream, downstream = _map(spec.get("upstream")), _map(spec.get("downstream"))
    context, pipeline = _map(spec.get("packageContext")), _map(spec.get("pipeline"))
    annotations = dict(_texts(spec.get("annotations")))
    for key in (POLICY_ANNOTATION, DELAY_ANNOTATION):
        own = _map(meta.get("annotations")).get(key)
        if own is not None:
            annotations.setdefault(key, str(own))
    return VariantSpec(
        namespace=str(meta.get("namespace") or "default"),
        name=str(meta.get("name") or ""),
        uid=str(meta.get("uid") or ""),
        upstream_repository=str(upstream.get("repo") or ""),
        upstream_package=str(upstream.get("package") or ""),
        upstream_workspace=str(upstream.get("workspaceName") or ""),
        repository=str(downstream.get("repo") or ""),
        package=str(downstream.get("package") or ""),
        adopts=spec.get("adoptionPolicy") == "adoptExisting",
        orphans=spec.get("deletionPolicy") == "orphan",
        labels=_texts(spec.get("labels")),
        annotations=annotations,
        context=_texts(context.get("data")),
        removed_context=tuple(str(key) for key in context.get("removeKeys") or ()),
        mutators=mutators_of(spec),
        validators=tuple(_items(pipeline.get("validators"))),
        injectors=tuple(_items(spec.get("injectors"))),
    )


def mutators_of(spec: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The functions that the variant puts in front of the package's: those of `setters` first."""
    own = _items(_map(spec.get("pipeline")).get("mutators"))
    setters = setters_of(spec)
    short_form = [setters_function(setters)] if setters else []
    return (*short_form, *own)


def setters_of(spec: Mapping[str, Any]) -> dict[str, str]:
    """The values of `spec.setters`, the lab's short form."""
    return {str(key): setter_text(value) for key, value in _map(spec.get("setters")).items()}


def setter_text(value: object) -> str:
    """A setter's value as a ConfigMap holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def setters_function(values: Mapping[str, str], name: str = SETTERS_NAME) -> dict[str, Any]:
    """The apply-setters function that means the same as these setters."""
    return {"name": name, "image": APPLY_SETTERS, "configMap": dict(values)}


def applies_setters(function: Mapping[str, Any]) -> bool:
    """Whether a function of a pipeline is apply-setters, from whatever registry and of whatever version."""
    image = str(function.get("image") or "")
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0] == "apply-setters"


def set_values(functions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Every setter that apply-setters functions with a configMap give a value; the last one wins."""
    values: dict[str, str] = {}
    for function in functions:
        if applies_setters(function):
            values |= _texts(function.get("configMap"))
    return values


def faults_of(obj: Mapping[str, Any], *, strict: bool = False) -> list[str]:
    """What is wrong with a PackageVariant, in Porch's words and order; empty when it is valid.

    `strict` minds the lab's short form of setters too, which upstream does not know.
    """
    spec = _map(obj.get("spec"))
    faults: list[str] = []
    for side in ("upstream", "downstream"):
        faults += _reference_faults(side, spec.get(side))
    if spec.get("adoptionPolicy") not in (None, "", "adoptNone", "adoptExisting"):
        faults.append('spec.adoptionPolicy field can only be "adoptNone" or "adoptExisting"')
    if spec.get("deletionPolicy") not in (None, "", "delete", "orphan"):
        faults.append('spec.deletionPolicy can only be "orphan" or "delete"')
    faults += _context_faults(_map(spec.get("packageContext")))
    for number, injector in enumerate(_items(spec.get("injectors"))):
        if not injector.get("name"):
            faults.append(f"spec.injectors[{number}].name must not be empty")
    if strict and setters_of(spec):
        faults.append("spec.setters is no field of a PackageVariant; use spec.pipeline.mutators")
    return faults


def _reference_faults(side: str, value: object) -> list[str]:
    found = _map(value)
    if not any(found.values()):
        return [f"missing required field spec.{side}"]
    return [f"missing required field spec.{side}.{key}" for key in ("repo", "package") if not found.get(key)]


def _context_faults(context: Mapping[str, Any]) -> list[str]:
    data = _texts(context.get("data"))
    removed = [str(key) for key in context.get("removeKeys") or ()]
    shown_data = ", ".join(f'"{name}":"{data[name]}"' for name in sorted(data))
    shown_keys = ", ".join(f'"{name}"' for name in removed)
    values = (
        ("data", data, f"map[string]string{{{shown_data}}}"),
        ("removeKeys", removed, f"[]string{{{shown_keys}}}"),
    )
    return [
        f'spec.packageContext.{field}: Invalid value: {shown}: must not contain the key "{key}"'
        for field, found, shown in values
        for key in _RESERVED
        if key in found
    ]


def unknown_upstream(spec: VariantSpec) -> str:
    """Porch's message for an upstream that is not there."""
    return (
        f'could not find upstream package revision &v1alpha1.Upstream{{Repo:"{spec.upstream_repository}", '
        f'Package:"{spec.upstream_package}", Revision:-1, WorkspaceName:"{spec.upstream_workspace}"}}'
    )


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> dict[str, str]:
    return {str(key): setter_text(item) for key, item in _map(value).items()}
