"""Which image names which function.

The registry in front of an image and its tag or digest choose a build, not a function: the lab has one build of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from lab.render.functions._contract import Function
from lab.render.functions.apply_replacements import apply_replacements
from lab.render.functions.apply_setters import apply_setters
from lab.render.functions.cluster_facts import cluster_facts
from lab.render.functions.ensure_name_substring import ensure_name_substring
from lab.render.functions.search_replace import search_replace
from lab.render.functions.set_annotations import set_annotations
from lab.render.functions.set_image import set_image
from lab.render.functions.set_labels import set_labels
from lab.render.functions.set_namespace import set_namespace

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "apply-replacements": apply_replacements,
        "apply-setters": apply_setters,
        "cluster-facts": cluster_facts,
        "ensure-name-substring": ensure_name_substring,
        "search-replace": search_replace,
        "set-annotations": set_annotations,
        "set-image": set_image,
        "set-labels": set_labels,
        "set-namespace": set_namespace,
    }
)
"""The functions by the last part of their image's name."""

_PREFIXES = (
    "gcr.io/kpt-fn/",
    "gcr.io/kpt-fn-contrib/",
    "ghcr.io/kptdev/krm-functions-catalog/",
    "ghcr.io/nephio-project/",
    "docker.io/nephio/",
    "",
)
_IMAGE = re.compile(r"(?P<path>[^:@]*(?::[0-9]+/[^:@]*)?)(?::[^@]*)?(?:@.*)?")


def function_name(image: str) -> str:
    """The function that an image of the catalog names, without registry, tag and digest; the path itself else."""
    match = _IMAGE.fullmatch(image.strip())
    path = match.group("path") if match else image
    for prefix in _PREFIXES:
        if path.startswith(prefix) and "/" not in path[len(prefix) :]:
            return path[len(prefix) :]
    return path


def function_for(image: str) -> Function | None:
    """The function of an image, or None when the lab has none of that name."""
    return FUNCTIONS.get(function_name(image))
