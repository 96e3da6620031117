"""`set-labels`: labels on every object, and where built-in kinds repeat them.

Source: kpt function catalog, set-labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.render.functions._contract import Config, FunctionFault, Outcome, Result, data_texts, refused, value_text
from lab.render.functions._metadata_fields import LABEL_FIELDS, Field, fields_of, set_values
from lab.render.resources import Resource

_OWN = Field(("metadata", "labels"), create=True)


def set_labels(resources: Sequence[Resource], config: Config) -> Outcome:
    """Set the labels that `config` gives on every object that is no local configuration, selectors included."""
    try:
        labels = _labels(config)
    except FunctionFault as fault:
        return refused(resources, Result(fault.message, severity="error"))
    if not resources:
        return Outcome((), (Result("no input resources"),))
    if not labels:
        return Outcome(tuple(resources), (Result("`labels` is empty: no label is set", severity="warning"),))
    total = 0
    changed: list[Resource] = []
    for resource in resources:
        if resource.is_local_config:
            changed.append(resource)
            continue
        data = resource.editable()
        for field in (_OWN, *fields_of(resource, LABEL_FIELDS)):
            total += len(set_values(data, field, labels)) * len(labels)
        changed.append(resource.with_data(data))
    return Outcome(tuple(changed), (Result(f"set {total} labels in total"),))


def _labels(config: Config) -> dict[str, str]:
    if config is None:
        raise FunctionFault("FunctionConfig is missing. Expect `SetLabels.fn.kpt.dev` or `ConfigMap.v1`")
    kind, group = str(config.get("kind")), str(config.get("apiVersion")).rpartition("/")[0]
    if (kind, group) == ("ConfigMap", ""):
        return data_texts(config)
    if (kind, group) != ("SetLabels", "fn.kpt.dev"):
        raise FunctionFault(f"unknown FunctionConfig `{kind}.{group}`, expect `SetLabels.fn.kpt.dev` or `ConfigMap.v1`")
    labels = config.get("labels") or {}
    if not isinstance(labels, Mapping):
        shape = "array" if isinstance(labels, list) else "string"
        raise FunctionFault(
            f"unable to convert object to *setlabels.SetLabels with error: json: cannot unmarshal {shape} into Go "
            "struct field SetLabels.labels of type map[string]string"
        )
    return {str(key): value_text(value) for key, value in labels.items()}
