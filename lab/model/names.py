"""Names as the field wants them: RFC 1123 labels."""

from __future__ import annotations

import re

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LONGEST = 63
LONGEST_CLUSTER = 40
"""Cluster names also become container names (`lab-NAME-cluster-control-plane`) and file names."""


def is_label(name: str, longest: int = LONGEST) -> bool:
    """True for an RFC 1123 label of at most `longest` characters."""
    return len(name) <= longest and _LABEL.fullmatch(name) is not None


def label_fault(name: str, longest: int = LONGEST) -> str:
    """Why `name` is no RFC 1123 label, in a few words; empty when it is one."""
    if not name:
        return "must not be empty"
    if len(name) > longest:
        return f"must be at most {longest} characters, it has {len(name)}"
    if not is_label(name, longest):
        return "must consist of lower case letters, digits and `-`, and begin and end with a letter or digit"
    return ""


def confusable(names: list[str]) -> tuple[str, str] | None:
    """The first two names that differ by `-` against `_` or by case only: kubectl's cache cannot tell them apart."""
    seen: dict[str, str] = {}
    for name in names:
        folded = name.replace("-", "_").lower()
        if folded in seen:
            return seen[folded], name
        seen[folded] = name
    return None


def deployment_repository(cluster: str) -> str:
    """The name of a cluster's deployment repository."""
    return f"nephio-{cluster}"


BLUEPRINTS = "nephio-blueprints"
"""The repository that packages are copied from."""
