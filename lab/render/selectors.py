"""Which objects a function of a pipeline sees.

Source: kpt, selectors and exclude of a pipeline's function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.render.resources import Resource


def selected(resource: Resource, function: Mapping[str, Any]) -> bool:
    """Whether any of the function's `selectors` matches (none given: all do) and none of its `exclude` does."""
    selectors, exclude = function.get("selectors") or [], function.get("exclude") or []
    if selectors and not any(matches(resource, selector) for selector in selectors):
        return False
    return not any(matches(resource, selector) for selector in exclude)


def matches(resource: Resource, selector: Mapping[str, Any]) -> bool:
    """Whether an object has everything that a selector asks for; an empty selector matches nothing."""
    if not any(selector.values()):
        return False
    fields = {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": resource.name,
        "namespace": resource.namespace,
    }
    if any(selector.get(field) and str(selector[field]) != value for field, value in fields.items()):
        return False
    return _subset(selector.get("labels"), resource.labels) and _subset(
        selector.get("annotations"), resource.annotations
    )


def _subset(wanted: Mapping[str, Any] | None, given: Mapping[str, Any]) -> bool:
    return all(key in given and str(given[key]) == str(value) for key, value in (wanted or {}).items())
