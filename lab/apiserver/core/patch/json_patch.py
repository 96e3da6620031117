"""JSON patch (RFC 6902) as the API server applies it.

Source: Kubernetes, handlers/patch and evanphx/json-patch: every operation that does not fit is the same 422.
"""

from __future__ import annotations

from typing import Any

import orjson

from lab.apiserver.core.errors import ApiError, bad_request

MAX_OPERATIONS = 10_000
_MISSING = object()


class _DoesNotFit(Exception):
    """An operation cannot be carried out on this document."""


def apply(document: dict[str, Any], operations: Any) -> dict[str, Any]:
    """A new document with the operations carried out in order; the input stays as it is.

    Raises ApiError: 400 for something that is not a list of operations, 413 for more than 10,000 of them, 422 when a
    `test` fails or a path does not exist.
    """
    if not isinstance(operations, list) or not all(isinstance(o, dict) for o in operations):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        )
    if len(operations) > MAX_OPERATIONS:
        text = f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}"
        raise ApiError(413, "RequestEntityTooLarge", f"Request entity is too large: {text}")
    holder: dict[str, Any] = {"": _copy(document)}
    try:
        for operation in operations:
            _run(holder, operation)
    except (_DoesNotFit, RecursionError):
        refusal = ApiError(422, "Invalid", "the server rejected our request due to an error in our request")
        refusal.generic = True
        raise refusal from None
    result = holder[""]
    if not isinstance(result, dict):
        raise bad_request("json: cannot unmarshal into Go value of type map[string]interface {}")
    return result


def _copy(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))


def _run(holder: dict[str, Any], operation: dict[str, Any]) -> None:
    kind = operation.get("op")
    path = _steps(operation.get("path"))
    if kind == "add":
        _add(holder, path, _copy(_value(operation)))
    elif kind == "remove":
        _remove(holder, path)
    elif kind == "replace":
        # A member that is missing from an object is simply set; only its holder has to be there.
        _set(holder, path, _copy(_value(operation)))
    elif kind == "move":
        moved = _remove(holder, _steps(operation.get("from")))
        _add(holder, path, moved)
    elif kind == "copy":
        _add(holder, path, _copy(_find(holder, _steps(operation.get("from")))))
    elif kind == "test":
        _test(holder, path, operation.get("value"))
    else:
        raise _DoesNotFit


def _value(operation: dict[str, Any]) -> Any:
    if "value" not in operation:
        raise _DoesNotFit
    return operation["value"]


def _steps(pointer: Any) -> list[str]:
    """The keys of a JSON pointer, below the holder's own empty key."""
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise _DoesNotFit
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]


def _index(target: list[Any], step: str, *, end: int) -> int:
    """A list position; negative ones count from the end. `end` is the first position that is out of reach."""
    try:
        index = int(step)
    except ValueError:
        raise _DoesNotFit from None
    if index < 0:
        index += end
    if not 0 <= index < end:
        raise _DoesNotFit
    return index


def _member(target: Any, step: str) -> Any:
    if isinstance(target, dict):
        return target.get(step, _MISSING)
    if isinstance(target, list):
        return target[_index(target, step, end=len(target))]
    raise _DoesNotFit


def _find(holder: dict[str, Any], path: list[str]) -> Any:
    found: Any = holder
    for step in path:
        found = _member(found, step)
        if found is _MISSING:
            raise _DoesNotFit
    return found


def _add(holder: dict[str, Any], path: list[str], value: Any) -> None:
    target = _find(holder, path[:-1])
    step = path[-1]
    if isinstance(target, dict):
        target[step] = value
    elif isinstance(target, list):
        if step == "-":
            target.append(value)
        else:
            target.insert(_index(target, step, end=len(target) + 1), value)
    else:
        raise _DoesNotFit


def _set(holder: dict[str, Any], path: list[str], value: Any) -> None:
    target = _find(holder, path[:-1])
    if isinstance(target, dict):
        target[path[-1]] = value
    else:
        target[_index(target, path[-1], end=len(target))] = value


def _remove(holder: dict[str, Any], path: list[str]) -> Any:
    target = _find(holder, path[:-1])
    if isinstance(target, dict) and path[-1] in target and target is not holder:
        return target.pop(path[-1])
    if isinstance(target, list):
        return target.pop(_index(target, path[-1], end=len(target)))
    raise _DoesNotFit


def _test(holder: dict[str, Any], path: list[str], wanted: Any) -> None:
    target = _find(holder, path[:-1])
    found = _member(target, path[-1])
    # A missing member passes a test against null, as it does in the library of the real server.
    if found is _MISSING:
        found = None
    if not _equal(found, wanted):
        raise _DoesNotFit


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
