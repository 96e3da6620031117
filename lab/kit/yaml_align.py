"""Which items of an old list are which items of a new one."""

from __future__ import annotations

import json
from difflib import SequenceMatcher
from typing import Any, TypeAlias

Pair: TypeAlias = tuple[int | None, int | None]


def align(old: list[Any], new: list[Any]) -> list[Pair]:
    """Pairs of positions in the order of `new`: `(i, j)` is one item, `(i, None)` went, `(None, j)` came.

    Items are one when they are equal, else when both have the same `name`, else when they stand at the same place
    between such neighbors.
    """
    if len(old) == len(new) and all(_name(a) == _name(b) for a, b in zip(old, new, strict=True)):
        return [(index, index) for index in range(len(old))]
    pairs: list[Pair] = []
    identities = [[_identity(item) for item in items] for items in (old, new)]
    matcher = SequenceMatcher(None, identities[0], identities[1], autojunk=False)
    for operation, i1, i2, j1, j2 in matcher.get_opcodes():
        if operation == "equal":
            pairs += zip(range(i1, i2), range(j1, j2), strict=True)
            continue
        same_place = min(i2 - i1, j2 - j1)
        both = [(i1 + k, j1 + k) for k in range(same_place)]
        alike = [(i, j) for i, j in both if _name(old[i]) is None and _name(new[j]) is None]
        taken_old, taken_new = {i for i, _ in alike}, {j for _, j in alike}
        for j in range(j1, j2):
            pairs += [(i, j2) for i, j2 in alike if j2 == j] if j in taken_new else [(None, j)]
        pairs += [(i, None) for i in range(i1, i2) if i not in taken_old]
    return pairs


def _name(item: Any) -> str | None:
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None


def _identity(item: Any) -> str:
    name = _name(item)
    return f"name {name}" if name is not None else json.dumps(item, sort_keys=True, default=str)
