"""Which image names which function.

The registry in front of an image and its tag or digest choose a build, not a function: the lab has one build of each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from lab.render.functions._contract import Function
from lab.render.functions.apply_setters import apply_setters

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "apply-setters": apply_setters,
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
