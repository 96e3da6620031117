"""`ensure-name-substring`: give names a prefix or suffix, and follow the references to them.

Source: kpt function catalog, ensure-name-substring; kustomize, name references.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lab.render.functions._contract import Config, FunctionFault, Outcome, Result, data_texts, refused
from lab.render.functions._field_paths import find, put_at, split_path, value_at
from lab.render.functions.set_namespace import DEPENDS_ON
from lab.render.resources import Resource

_SKIPPED = frozenset({"CustomResourceDefinition", "APIService", "Namespace", "Kptfile"})
_POD = ("spec", "spec.template.spec", "spec.jobTemplate.spec.template.spec")
_CONTAINERS = tuple(f"{pod}.{kind}.*" for pod in _POD for kind in ("containers", "initContainers"))

_REFERENCES: Mapping[str, tuple[str, ...]] = {
    "ConfigMap": (
        *(f"{pod}.volumes.*.configMap.name" for pod in _POD),
        *(f"{pod}.volumes.*.projected.sources.*.configMap.name" for pod in _POD),
        *(f"{each}.env.*.valueFrom.configMapKeyRef.name" for each in _CONTAINERS),
        *(f"{each}.envFrom.*.configMapRef.name" for each in _CONTAINERS),
    ),
    "Secret": (
        *(f"{pod}.volumes.*.secret.secretName" for pod in _POD),
        *(f"{pod}.volumes.*.projected.sources.*.secret.name" for pod in _POD),
        *(f"{pod}.imagePullSecrets.*.name" for pod in _POD),
        *(f"{each}.env.*.valueFrom.secretKeyRef.name" for each in _CONTAINERS),
        *(f"{each}.envFrom.*.secretRef.name" for each in _CONTAINERS),
        "spec.tls.*.secretName",
        "imagePullSecrets.*.name",
        "secrets.*.name",
    ),
    "ServiceAccount": tuple(f"{pod}.serviceAccountName" for pod in _POD),
    "PersistentVolumeClaim": tuple(f"{pod}.volumes.*.persistentVolumeClaim.claimName" for pod in _POD),
    "PersistentVolume": ("spec.volumeName",),
    "StorageClass": ("spec.storageClassName", "spec.volumeClaimTemplates.*.spec.storageClassName"),
    "PriorityClass": tuple(f"{pod}.priorityClassName" for pod in _POD),
    "Service": (
        "spec.serviceName",
        "spec.rules.*.http.paths.*.backend.service.name",
        "spec.defaultBackend.service.name",
        "spec.service.name",
        "webhooks.*.clientConfig.service.name",
    ),
}


def ensure_name_substring(resources: Sequence[Resource], config: Config) -> Outcome:
    """Prepend or append a text to every name that does not hold it yet, and update references to renamed objects."""
    try:
        text, append = _mode(config)
    except FunctionFault as fault:
        return refused(resources, Result(fault.message, severity="error"))
    renamed: dict[tuple[str, str], str] = {}
    current: list[Resource] = []
    for resource in resources:
        if resource.kind in _SKIPPED or text in resource.name:
            current.append(resource)
            continue
        new = resource.name + text if append else text + resource.name
        renamed[(resource.kind, resource.name)] = new
        data = resource.editable()
        data["metadata"]["name"] = new
        current.append(resource.with_data(data))
    return Outcome(tuple(_referring(resource, renamed) for resource in current))


def _mode(config: Config) -> tuple[str, bool]:
    if config is not None and config.get("kind") == "EnsureNameSubstring":
        mode = str(config.get("editMode") or "prepend")
        if mode not in ("prepend", "append"):
            raise FunctionFault(f"unknown editMode {mode!r}, expect `prepend` or `append`")
        text = str(config.get("substring") or "")
        if not text:
            raise FunctionFault("substring must not be empty")
        return text, mode == "append"
    data = data_texts(config)
    if len(data) != 1 or not {"prepend", "append"} & data.keys() or not next(iter(data.values())):
        raise FunctionFault("ConfigMap must give exactly one of `prepend` and `append`")
    return next(iter(data.values())), "append" in data


def _referring(resource: Resource, renamed: Mapping[tuple[str, str], str]) -> Resource:
    data = resource.editable()
    for kind, paths in _REFERENCES.items():
        names = {old: new for (its_kind, old), new in renamed.items() if its_kind == kind}
        for path in paths if names else ():
            _replace(data, path, names)
    for holder in _typed_references(data):
        new = renamed.get((str(holder.get("kind")), str(holder.get("name"))))
        if new:
            holder["name"] = new
    depends_on = str(resource.annotations.get(DEPENDS_ON, ""))
    if depends_on:
        entries = [_entry(entry.strip(), renamed) for entry in depends_on.split(",")]
        if entries != [entry.strip() for entry in depends_on.split(",")]:
            data["metadata"]["annotations"][DEPENDS_ON] = ",".join(entries)
    return resource.with_data(data)


def _typed_references(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """References that name the kind as well: roles, subjects and scale targets."""
    spec = data.get("spec")
    subjects = data.get("subjects")
    found = [data.get("roleRef"), *(subjects if isinstance(subjects, list) else [])]
    found.append(spec.get("scaleTargetRef") if isinstance(spec, dict) else None)
    return [holder for holder in found if isinstance(holder, dict)]


def _replace(data: dict[str, Any], path: str, names: Mapping[str, str]) -> None:
    for steps in _places(data, split_path(path), path):
        current = value_at(data, steps)
        if isinstance(current, str) and current in names:
            put_at(data, steps, names[current])


def _places(data: Any, parts: list[str], path: str) -> list[tuple[str | int, ...]]:
    """Like `find`, but a branch that ends early is passed over."""
    if not parts:
        return [()]
    try:
        steps = list(find(data, parts[:1], path, create=False))
    except FunctionFault:
        return []
    return [(*step, *inner) for step in steps for inner in _places(value_at(data, step), parts[1:], path)]


def _entry(entry: str, renamed: Mapping[tuple[str, str], str]) -> str:
    match = re.fullmatch(r"(.*/)?([^/]+)/([^/]+)", entry)
    new = renamed.get((match.group(2), match.group(3))) if match else None
    return f"{match.group(1) or ''}{match.group(2)}/{new}" if match and new else entry
