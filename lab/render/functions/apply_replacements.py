"""`apply-replacements`: copy a field of one object into fields of others.

Source: kpt function catalog, apply-replacements; kustomize, replacements.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lab.kit.yaml_scalars import resolve_plain
from lab.render.functions._contract import Config, FunctionFault, Outcome, Result, is_kind, refused, value_text
from lab.render.functions._field_paths import find, put_at, split_path, value_at
from lab.render.origin import origin_of
from lab.render.resources import Resource

_NAME = "metadata.name"


def apply_replacements(resources: Sequence[Resource], config: Config) -> Outcome:
    """Make every replacement of an `ApplyReplacements` in order; each sees what the ones before it made."""
    current = list(resources)
    try:
        for replacement in _replacements(config):
            value = _source_value(current, replacement)
            for target in replacement["targets"]:
                _apply(current, target, value)
    except FunctionFault as fault:
        place = {"file": fault.resource.file, "line": fault.resource.line_of()} if fault.resource else {}
        return refused(resources, Result(fault.message, severity="error", **place))  # type: ignore[arg-type]
    return Outcome(tuple(current))


def _replacements(config: Config) -> list[Mapping[str, Any]]:
    if config is None:
        raise FunctionFault("FunctionConfig is missing. Expect `ApplyReplacements`")
    if not is_kind(config, "ApplyReplacements", "fn.kpt.dev/v1alpha1"):
        raise FunctionFault(
            f"received functionConfig of kind {config.get('kind')} and apiVersion {config.get('apiVersion')}, only "
            "functionConfig of kind ApplyReplacements and apiVersion fn.kpt.dev/v1alpha1 is supported"
        )
    replacements: list[Mapping[str, Any]] = list(config.get("replacements") or [])
    for replacement in replacements:
        static = replacement.get("sourceValue") is not None
        if static and replacement.get("source"):
            raise FunctionFault("value and resource selectors are mutually exclusive")
        if not (static or replacement.get("source")) or not replacement.get("targets"):
            raise FunctionFault("replacements must specify a source and at least one target")
        if not all(target.get("select") for target in replacement["targets"]):
            raise FunctionFault("target must specify resources to select")
    return replacements


def _source_value(resources: Sequence[Resource], replacement: Mapping[str, Any]) -> Any:
    if replacement.get("sourceValue") is not None:
        return replacement["sourceValue"]
    source = replacement["source"]
    found = [resource for resource in resources if _is_selected(resource, source)]
    if len(found) != 1:
        what = "multiple matches for selector" if found else "nothing selected by"
        raise FunctionFault(f"{what} {_selector_text(source)}", found[1] if found else None)
    path = str(source.get("fieldPath") or _NAME)
    try:
        places = list(find(found[0].data, split_path(path), path, create=False))
    except FunctionFault:
        places = []
    value = value_at(found[0].data, places[0]) if places else None
    if value is None or value == "":
        raise FunctionFault(
            f"fieldPath `{path}` is missing for replacement source {_identity_text(found[0])}", found[0]
        )
    return _part(value, source.get("options") or {})


def _part(value: Any, options: Mapping[str, Any]) -> Any:
    delimiter, index = options.get("delimiter"), int(options.get("index") or 0)
    if not delimiter:
        return copy.deepcopy(value)
    if isinstance(value, (dict, list)):
        raise FunctionFault("delimiter option can only be used with scalar nodes")
    parts = value_text(value).split(str(delimiter))
    if not 0 <= index < len(parts):
        raise FunctionFault(f"options.index {index} is out of bounds for value {value_text(value)}")
    return parts[index]


def _apply(resources: list[Resource], target: Mapping[str, Any], value: Any) -> None:
    for number, resource in enumerate(resources):
        if not _is_selected(resource, target["select"]):
            continue
        if any(_is_selected(resource, rejected) for rejected in target.get("reject") or []):
            continue
        data = resource.editable()
        options = target.get("options") or {}
        for path in target.get("fieldPaths") or [_NAME]:
            try:
                for steps in list(find(data, split_path(path), path, create=bool(options.get("create")))):
                    put_at(data, steps, _merged(value_at(data, steps), value, options))
            except FunctionFault as fault:
                raise FunctionFault(fault.message, resource) from None
        resources[number] = resource.with_data(data)


def _merged(current: Any, value: Any, options: Mapping[str, Any]) -> Any:
    """The target's new value: a scalar keeps its type where the new text allows it, anything else is replaced."""
    delimiter = options.get("delimiter")
    if delimiter:
        if isinstance(current, (dict, list)) or isinstance(value, (dict, list)):
            raise FunctionFault("delimiter option can only be used with scalar nodes")
        parts = value_text(current).split(str(delimiter))
        index = int(options.get("index") or 0)
        if index < 0:
            parts.insert(0, value_text(value))
        elif index >= len(parts):
            parts.append(value_text(value))
        else:
            parts[index] = value_text(value)
        value = str(delimiter).join(parts)
    if isinstance(value, (dict, list)) or isinstance(current, (dict, list)) or current is None:
        return copy.deepcopy(value)
    return value_text(value) if isinstance(current, str) else resolve_plain(value_text(value))


def _is_selected(resource: Resource, selector: Mapping[str, Any]) -> bool:
    """Whether an object matches; names may also be those that it had upstream."""
    for field, value in (("group", resource.group), ("version", resource.version), ("kind", resource.kind)):
        if selector.get(field) and not re.fullmatch(str(selector[field]), value):
            return False
    wanted = str(selector.get("name") or ".*"), str(selector.get("namespace") or ".*")
    origin = origin_of(resource)
    known = [(resource.name, resource.namespace), (origin.name, origin.namespace)]
    if not any(re.fullmatch(wanted[0], name) and re.fullmatch(wanted[1], namespace) for name, namespace in known):
        return False
    return _has(resource.labels, selector.get("labelSelector")) and _has(
        resource.annotations, selector.get("annotationSelector")
    )


def _has(given: Mapping[str, Any], selector: str | None) -> bool:
    """Whether labels meet a selector of `key=value`, `key!=value`, `key` and `!key`, joined by commas."""
    for term in (selector or "").split(","):
        match = re.fullmatch(r"\s*(!?)([^=!\s]+)\s*(?:(==|=|!=)\s*(\S*))?\s*", term)
        if not match:
            continue
        negated, key, operator, value = match.groups()
        held = key in given and (operator in (None, "!=") or value_text(given[key]) == value)
        if operator == "!=":
            held = value_text(given.get(key)) != value
        if held == bool(negated):
            return False
    return True


def _selector_text(selector: Mapping[str, Any]) -> str:
    kind, version, group = selector.get("kind"), selector.get("version"), selector.get("group")
    head = f"{kind or '[noKind]'}.{version or '[noVer]'}.{group or '[noGrp]'}"
    return f"{head}/{selector.get('name') or '[noName]'}.{selector.get('namespace') or '[noNs]'}"


def _identity_text(resource: Resource) -> str:
    head = f"{resource.kind}.{resource.version}.{resource.group or '[noGrp]'}"
    return f"{head}/{resource.name}.{resource.namespace or '[noNs]'}"
