"""Durations as people write them: `15s`, `500ms`, `2m`, or a number of seconds."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_FORM = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(value: object) -> float:
    """Seconds of a duration. Raises ValueError for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    found = _FORM.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"`{value}` is no duration; write 15s, 500ms or 2m")
    return float(found[1]) * _SECONDS[found[2]]


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"^\d+(\.\d+)?(ms|s|m|h)$", "examples": ["15s", "2m"]}),
]
"""A field that takes a duration and holds seconds."""
