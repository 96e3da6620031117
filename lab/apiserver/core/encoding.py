"""Objects to bytes and back."""

from __future__ import annotations

from typing import Any, cast

import orjson


def encode(value: Any) -> bytes:
    """Compact JSON. The copy matters: orjson's own result keeps its whole work buffer of kilobytes alive."""
    return bytes(memoryview(orjson.dumps(value)))


def encode_object(obj: dict[str, Any]) -> bytes:
    """A Kubernetes object as it is stored: `apiVersion`, `kind`, `metadata` first, so that a list can cut them off."""
    ordered = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": obj["metadata"]}
    ordered.update(obj)
    return encode(ordered)


def decode(raw: bytes) -> dict[str, Any]:
    """A stored object, parsed anew: the caller owns it."""
    return cast("dict[str, Any]", orjson.loads(raw))


def duplicate(obj: dict[str, Any]) -> dict[str, Any]:
    """A deep copy; several times faster than `copy.deepcopy` on JSON."""
    return decode(orjson.dumps(obj))
