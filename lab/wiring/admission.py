"""What the parts of the lab say about objects, in the shape in which the embedded API server asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.agents.builtin.spellings import spellings
from lab.apiserver.core.admission import Admission, RequestAttributes

Object = dict[str, Any]


def workload_admission(*, strict: bool) -> Admission:
    """For workload clusters: a RootSync in the document's spelling is taken with a Warning."""

    def judge(
        attributes: RequestAttributes, obj: Object | None, old: Object | None
    ) -> tuple[Object | None, Sequence[str]]:
        if obj is None or attributes.subresource or attributes.kind != "RootSync":
            return obj, ()
        return obj, spellings(obj, old, strict=strict)

    return judge
