"""All cases, registered."""

from __future__ import annotations

from cases import (
    applying,
    customizing,
    deleting,
    discovering,
    kinds,
    patching,
    reading,
    subresourcing,
    updating,
    watching,
)
from cases.catalog import CASES

MODULES = (
    discovering,
    reading,
    updating,
    patching,
    applying,
    customizing,
    subresourcing,
    watching,
    deleting,
    kinds,
)
assert len(CASES) > 60
