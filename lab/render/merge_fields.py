"""Three-way merge of one object's fields: what was copied, what it is now upstream, what it is here.

Source: kpt, resource-merge (kyaml merge3): a field changed on one side takes that side; on both, upstream wins.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from lab.kit.yaml_edit import same

MISSING: Any = object()
"""Stands for a field that is not there (null is a value)."""

KeyOf: TypeAlias = "Callable[[dict[str, Any]], object]"

_MERGE_KEYS: dict[str, Sequence[tuple[str, ...]]] = {
    "containers": [("name",)],
    "initContainers": [("name",)],
    "ephemeralContainers": [("name",)],
    "env": [("name",)],
    "volumes": [("name",)],
    "volumeMounts": [("mountPath",)],
    "volumeDevices": [("devicePath",)],
    "imagePullSecrets": [("name",)],
    "secrets": [("name",)],
    "ports": [("containerPort", "protocol"), ("port", "protocol")],
    "hostAliases": [("ip",)],
    "topologySpreadConstraints": [("topologyKey", "whenUnsatisfiable")],
    "conditions": [("type",)],
    "ownerReferences": [("uid",)],
}
_OPTIONAL = frozenset(["protocol"])


def merge_fields(original: Any, updated: Any, local: Any, *, lists_by_key: bool) -> Any:
    """The merged value, or MISSING when it is gone.

    `lists_by_key` merges the lists that Kubernetes merges by key (built-in kinds); other lists are taken whole.
    """
    return _merge(original, updated, local, "", lists_by_key)


def _merge(original: Any, updated: Any, local: Any, field: str, by_key: bool) -> Any:
    if updated is MISSING:
        return local if original is MISSING else MISSING
    if _equal(original, updated):
        return local
    if local is MISSING or _equal(original, local):
        return copy.deepcopy(updated)
    if isinstance(updated, dict) and isinstance(local, dict):
        return _merge_maps(original if isinstance(original, dict) else {}, updated, local, by_key)
    key_of = (
        _list_key(field, updated, local) if by_key and isinstance(updated, list) and isinstance(local, list) else None
    )
    if key_of:
        return _merge_lists(original if isinstance(original, list) else [], updated, local, key_of)
    return copy.deepcopy(updated)


def _equal(left: Any, right: Any) -> bool:
    return left is right or (left is not MISSING and right is not MISSING and same(left, right))


def _merge_maps(
    original: dict[str, Any], updated: dict[str, Any], local: dict[str, Any], by_key: bool
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for key in [*local, *(key for key in updated if key not in local)]:
        value = _merge(original.get(key, MISSING), updated.get(key, MISSING), local.get(key, MISSING), key, by_key)
        if value is not MISSING:
            merged[key] = value
    return merged


def _merge_lists(original: list[Any], updated: list[Any], local: list[Any], key_of: KeyOf) -> list[Any]:
    base, new, here = (
        {key_of(item): item for item in side if isinstance(item, dict)} for side in (original, updated, local)
    )
    keys = [*here, *(key for key in new if key not in here)]
    values = [_merge(base.get(key, MISSING), new.get(key, MISSING), here.get(key, MISSING), "", True) for key in keys]
    return [value for value in values if value is not MISSING]


def _list_key(field: str, updated: list[Any], local: list[Any]) -> KeyOf | None:
    """How items of a list are told apart, or None when the list is merged whole."""
    items = [*updated, *local]
    for names in _MERGE_KEYS.get(field, ()):
        needed = [name for name in names if name not in _OPTIONAL]
        if items and all(isinstance(item, dict) and all(name in item for name in needed) for item in items):
            return lambda item, names=names: tuple(str(item.get(name, "")) for name in names)  # type: ignore[misc]
    return None
