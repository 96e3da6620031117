"""JSON merge patch (RFC 7386)."""

from __future__ import annotations

from typing import Any

from lab.apiserver.core.errors import bad_request


def apply(document: dict[str, Any], patch: Any) -> dict[str, Any]:
    """A new document in which objects are merged, nulls delete and everything else replaces.

    Neither input is changed; unchanged parts are shared with `document`. Raises ApiError 400 for a patch that is not
    an object.
    """
    if not isinstance(patch, dict):
        raise bad_request("Invalid JSON Patch")
    return _merged(document, patch)


def _merged(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    result = dict(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            below = result.get(key)
            result[key] = _merged(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result
