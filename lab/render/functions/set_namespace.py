"""`set-namespace`: move the objects of a package to one namespace.

Source: kpt function catalog, set-namespace. As upstream, a missing or empty configuration is an error result that
does not fail the render, and subjects of a RoleBinding are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.render.functions._contract import Config, Outcome, Result, data_texts, refused
from lab.render.functions._scopes import is_namespaced
from lab.render.origin import IDENTIFIER
from lab.render.package_context import NAME as PACKAGE_CONTEXT
from lab.render.resources import Resource

DEPENDS_ON = "config.kubernetes.io/depends-on"
_EXPECTED = "`ConfigMap.v1` or `SetNamespace.v1alpha1.fn.kpt.dev`"
_NESTED = {
    "CustomResourceDefinition": ("spec", "conversion", "webhook", "clientConfig", "service"),
    "APIService": ("spec", "service"),
}


def set_namespace(resources: Sequence[Resource], config: Config) -> Outcome:
    """Set the namespace of every object that is no local configuration to the one that `config` names."""
    namespace, matcher, wrong = _target(config)
    if wrong:
        return refused(resources, Result(wrong, severity="error"), exit_code=0)
    visited = [resource for resource in resources if not resource.is_local_config]
    origins = sorted({origin for each in visited if is_namespaced(each) and (origin := _origin(each))})
    if not matcher and len(origins) > 1:
        message = (
            "unable to use origin `namespace` to match. expect a single upstream namespace, found "
            f"[{' '.join(origins)}]. please switch to use `namespaceMatcher`to specify the namespace value you want to "
            "change"
        )
        return refused(resources, Result(message, severity="error"))
    notes = [_no_origin(resource) for resource in visited if not _origin(resource)]
    replaced: list[str] = []
    moved: dict[tuple[str, str, str, str], str] = {}
    changed = [
        each if each.is_local_config else _moved(each, namespace, matcher, replaced, moved) for each in resources
    ]
    updated: list[str] = []
    final = [each if each.is_local_config else _repointed(each, namespace, moved, updated) for each in changed]
    return Outcome(tuple(final), (*notes, _summary(replaced, namespace), _depends_summary(updated, namespace)))


def _target(config: Config) -> tuple[str, str, str]:
    """Namespace, matcher and what is wrong with the configuration."""
    if config is None:
        return "", "", f"FunctionConfig is missing. Expect {_EXPECTED}"
    kind, version = config.get("kind"), config.get("apiVersion")
    if (kind, version) == ("ConfigMap", "v1"):
        data = data_texts(config)
        from_context = (config.get("metadata") or {}).get("name") == PACKAGE_CONTEXT
        namespace = data.get("name", "") if from_context else data.get("namespace", "")
        wrong = "" if namespace else f"`data.{'name' if from_context else 'namespace'}` should not be empty"
        return namespace, data.get("namespaceMatcher", ""), wrong
    if (kind, version) == ("SetNamespace", "fn.kpt.dev/v1alpha1"):
        namespace = str(config.get("namespace") or "")
        wrong = "" if namespace else "`namespace` should not be empty"
        return namespace, str(config.get("namespaceMatcher") or ""), wrong
    return "", "", f"unknown functionConfig Kind={kind} ApiVersion={version}, expect {_EXPECTED}"


def _origin(resource: Resource) -> str:
    parts = str(resource.annotations.get(IDENTIFIER, "")).split("|")
    return parts[2] if len(parts) == 4 else ""


def _no_origin(resource: Resource) -> Result:
    short = f"{resource.group}|{resource.kind}|{resource.namespace}|{resource.name}"
    message = f"{short} does not have upstream origin."
    return Result(message, severity="warning", file=resource.file, index=resource.index, line=resource.line_of())


def _moved(
    resource: Resource, namespace: str, matcher: str, replaced: list[str], moved: dict[tuple[str, str, str, str], str]
) -> Resource:
    data = resource.editable()
    origin = _origin(resource)
    before = len(replaced)
    for holder, field in _holders(resource, data):
        current = str(holder.get(field) or "default")
        if (matcher and matcher not in (current, origin)) or (current == namespace and holder.get(field)):
            continue
        _put_after_name(holder, field, namespace)
        replaced.append(current)
        if holder is data["metadata"] and field == "namespace":
            moved[(resource.group, current, resource.kind, resource.name)] = namespace
    return resource.with_data(data) if len(replaced) > before else resource


def _holders(resource: Resource, data: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Every map of an object that holds a namespace, with the field's name."""
    if resource.kind == "Namespace" and resource.api_version == "v1":
        return [(data["metadata"], "name")]
    if is_namespaced(resource):
        return [(data["metadata"], "namespace")]
    if resource.kind in _NESTED:
        holder = data
        for step in _NESTED[resource.kind]:
            if not isinstance(holder.get(step), dict):
                return []
            holder = holder[step]
        return [(holder, "namespace")]
    if resource.kind == "ClusterRoleBinding":
        given = data.get("subjects")
        subjects = given if isinstance(given, list) else []
        return [(subject, "namespace") for subject in subjects if isinstance(subject, dict) and "namespace" in subject]
    return []


def _put_after_name(holder: dict[str, Any], field: str, value: str) -> None:
    if field in holder or "name" not in holder:
        holder[field] = value
        return
    items = list(holder.items())
    holder.clear()
    for key, inner in items:
        holder[key] = inner
        if key == "name":
            holder[field] = value


def _repointed(
    resource: Resource, namespace: str, moved: Mapping[tuple[str, str, str, str], str], updated: list[str]
) -> Resource:
    """The object with `depends-on` following the objects that moved."""
    text = str(resource.annotations.get(DEPENDS_ON, ""))
    entries = [entry.strip() for entry in text.split(",")] if text else []
    changed: list[str] = []
    for entry in entries:
        parts = entry.split("/")
        if len(parts) == 5 and parts[1] == "namespaces" and (parts[0], parts[2], parts[3], parts[4]) in moved:
            updated.append(parts[2])
            parts[2] = namespace
        changed.append("/".join(parts))
    if changed == entries:
        return resource
    data = resource.editable()
    data["metadata"]["annotations"][DEPENDS_ON] = ",".join(changed)
    return resource.with_data(data)


def _summary(replaced: Sequence[str], namespace: str) -> Result:
    if not replaced:
        return Result(f'all matching namespaces are already "{namespace}". no value changed')
    old = " ".join(sorted(set(replaced)))
    return Result(f'namespace [{old}] updated to "{namespace}", {len(replaced)} value(s) changed')


def _depends_summary(updated: Sequence[str], namespace: str) -> Result:
    if not updated:
        return Result("all `depends-on` annotations are up-to-date. no `namespace` changed")
    old = " ".join(sorted(set(updated)))
    return Result(
        f'`depends-on` annotation namespace [{old}] updated to "{namespace}", {len(updated)} value(s) changed'
    )
