"""`set-annotations`: annotations on every object, and on the pods and claims that built-in kinds make.

Source: kpt function catalog, set-annotations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lab.kit.yaml_walk import path_text
from lab.render.functions._contract import Config, FunctionFault, Outcome, Result, data_texts, refused, value_text
from lab.render.functions._metadata_fields import ANNOTATION_FIELDS, Field, fields_of, set_values
from lab.render.resources import Resource

_OWN = Field(("metadata", "annotations"), create=True)


def set_annotations(resources: Sequence[Resource], config: Config) -> Outcome:
    """Set the annotations that `config` gives on every object, local configuration included."""
    try:
        annotations, additional = _annotations(config)
    except FunctionFault as fault:
        return refused(resources, Result(fault.message, severity="error"))
    message = f"set annotations: {json.dumps(dict(sorted(annotations.items())), separators=(',', ':'))}"
    changed: list[Resource] = []
    results: list[Result] = []
    for resource in resources:
        data = resource.editable()
        own = [
            Field(tuple(spec["path"].split("/")), bool(spec.get("create")))
            for spec in additional
            if _is_for(spec, resource)
        ]
        for field in (_OWN, *fields_of(resource, ANNOTATION_FIELDS), *own):
            results += [
                Result(message, file=resource.file, index=resource.index, field=path_text(path))
                for path in set_values(data, field, annotations)
            ]
        changed.append(resource.with_data(data))
    return Outcome(tuple(changed), tuple(results))


def _annotations(config: Config) -> tuple[dict[str, str], list[dict[str, Any]]]:
    additional: list[dict[str, Any]] = []
    given: Mapping[str, Any] = {}
    if config is not None and config.get("kind") == "SetAnnotations":
        given = config.get("annotations") or {}
        additional = [dict(spec) for spec in config.get("additionalAnnotationFields") or [] if spec.get("path")]
    elif config is not None and config.get("kind") == "ConfigMap":
        given = data_texts(config)
    elif config is not None:
        raise FunctionFault(f"unknown functionConfig kind {config.get('kind')!r}, expect ConfigMap or SetAnnotations")
    if not given:
        raise FunctionFault("input annotation list cannot be empty")
    return {str(key): value_text(value) for key, value in given.items()}, additional


def _is_for(spec: Mapping[str, Any], resource: Resource) -> bool:
    known = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return all(spec.get(field) in (None, "", value) for field, value in known.items())
