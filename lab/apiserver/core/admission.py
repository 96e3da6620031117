"""The seam where the lab looks at writes: admission functions of a cluster.

Source: Kubernetes, admission control; here plain functions, synchronous and pure, instead of webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lab.apiserver.core.identity import UserInfo


@dataclass(frozen=True, slots=True)
class RequestAttributes:
    """What a write is about. `operation` is CREATE, UPDATE or DELETE."""

    operation: str
    user: UserInfo
    group: str
    version: str
    resource: str
    kind: str
    subresource: str
    namespace: str
    name: str
    dry_run: bool


Admission = Callable[
    [RequestAttributes, dict[str, Any] | None, dict[str, Any] | None],
    tuple[dict[str, Any] | None, Sequence[str]],
]
"""`(attributes, object, old object) -> (object, warnings)`. The object is None on DELETE, the old one on CREATE.

It may raise ApiError to refuse, and returns the object (changed or not) with the sentences for `Warning` headers.
"""
