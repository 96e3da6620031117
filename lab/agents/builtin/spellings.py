"""What is said when somebody writes a RootSync in the document's spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

UNSTRUCTURED = (
    "LAB706: spec.sourceFormat is not set: taken as unstructured. Upstream takes it as hierarchy and fails with "
    "KNV1017; set spec.sourceFormat: unstructured"
)


def spellings(obj: Mapping[str, Any], old: Mapping[str, Any] | None, *, strict: bool) -> Sequence[str]:
    """Warnings for a RootSync that is about to be stored; each difference from upstream is said when it first appears.

    A strict agent takes the RootSync as upstream does, so there is nothing to say. Source: Config Sync, KNV1017.
    """
    if strict or _format_is_said(obj) or (old is not None and not _format_is_said(old)):
        return ()
    return (UNSTRUCTURED,)


def _format_is_said(obj: Mapping[str, Any]) -> bool:
    return bool((obj.get("spec") or {}).get("sourceFormat"))
