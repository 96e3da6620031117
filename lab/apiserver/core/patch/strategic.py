"""Strategic merge patch: lists merged by key, with directives, for built-in kinds.

Source: Kubernetes, k8s.io/apimachinery strategicpatch (mergeMap, mergeSlice, $patch, $retainKeys,
$deleteFromPrimitiveList, $setElementOrder).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from lab.apiserver.core.errors import ApiError, bad_request
from lab.apiserver.core.patch.element_order import ordered, partition

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node

_MARKER = "$patch"
_RETAIN = "$retainKeys"
_DELETE_SCALARS = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


def apply(document: dict[str, Any], patch: Any, node: Node | None) -> dict[str, Any]:
    """A new document with the patch merged in, guided by the patch strategies and merge keys of `node`.

    Neither input is changed. Raises ApiError: 400 for a malformed directive, 422 for lists of lists, 500 with the
    real server's text where it fails that way (a list item without its merge key).
    """
    if not isinstance(patch, dict):
        raise bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
    original: dict[str, Any] = orjson.loads(orjson.dumps(document))
    return _merge_map(original, orjson.loads(orjson.dumps(patch)), node)


def _merge_map(original: dict[str, Any], patch: dict[str, Any], node: Node | None) -> dict[str, Any]:
    if _MARKER in patch:
        return _directed(patch)
    _retain_keys(original, patch)
    for key in [k for k in patch if k.startswith(_ORDER)]:
        _merge_ordered(original, patch, key, node)
    for key, value in patch.items():
        if key.startswith(_DELETE_SCALARS):
            _delete_scalars(original, key.removeprefix(_DELETE_SCALARS), value)
        elif value is None:
            original.pop(key, None)
        elif key not in original or type(original[key]) is not type(value):
            _take(original, key, value)
        elif isinstance(value, dict):
            child = node.child(key) if node else None
            replace = child is not None and "replace" in child.patch_strategy
            original[key] = value if replace else _merge_map(original[key], value, child)
        elif isinstance(value, list):
            original[key] = _merge_list(original[key], value, node.child(key) if node else None)
        else:
            original[key] = value
    return original


def _directed(patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch.pop(_MARKER)
    if directive == "replace":
        return patch
    if directive == "delete":
        return {}
    raise _failure(f"unknown patch type: {directive} in map: {_go_map(patch)}")


def _take(original: dict[str, Any], key: str, value: Any) -> None:
    """Put in a value that has no counterpart: nulls and directives inside it mean nothing and go."""
    _drop_nulls(value)
    kept = _without_directives(value)
    if kept is None:
        original.pop(key, None)
    else:
        original[key] = kept


def _drop_nulls(value: Any) -> None:
    if isinstance(value, dict):
        for key in [k for k, v in value.items() if v is None]:
            del value[key]
        for member in value.values():
            _drop_nulls(member)
    elif isinstance(value, list):
        for item in value:
            _drop_nulls(item)


def _without_directives(value: Any) -> Any:
    """The value without objects that are directives; None where it is one itself.

    Other directives stay, as they do in the real server, where decoding then drops or refuses them.
    """
    if isinstance(value, dict):
        if _MARKER in value:
            return None
        return {key: _without_directives(member) for key, member in value.items() if not _is_directive(member)}
    if isinstance(value, list):
        return [_without_directives(item) for item in value if not _is_directive(item)]
    return value


def _is_directive(value: Any) -> bool:
    return isinstance(value, dict) and _MARKER in value


def _retain_keys(original: dict[str, Any], patch: dict[str, Any]) -> None:
    if _RETAIN not in patch:
        return
    kept = patch.pop(_RETAIN)
    if not isinstance(kept, list):
        raise bad_request("invalid patch format of retainKeys")
    for key, value in patch.items():
        if value is not None and not key.startswith((_DELETE_SCALARS, _ORDER)) and key not in kept:
            raise bad_request("invalid patch format of retainKeys")
    for key in [k for k in original if k not in kept]:
        del original[key]


def _delete_scalars(original: dict[str, Any], key: str, value: Any) -> None:
    if not isinstance(value, list):
        raise bad_request("invalid patch format of primitive list")
    found = original.get(key)
    if isinstance(found, list):
        original[key] = [item for item in found if item not in value]


def _merge_list(original: list[Any], patch: list[Any], node: Node | None) -> list[Any]:
    if node is None or "merge" not in node.patch_strategy:
        return patch
    if not original and not patch:
        return original
    _check_elements(original, patch)
    if not isinstance((original or patch)[0], dict):
        merged = list(dict.fromkeys([*original, *patch]))
        chosen, rest = partition(merged, patch, "")
        return ordered(chosen, rest, patch, original, "")
    if not node.patch_key:
        raise _failure("cannot merge lists without merge key for ")
    kept, patch = _special_items(original, patch, node.patch_key)
    merged = _merge_items(list(kept), patch, node)
    # The real server appends into the live list's own memory where deletions left room, and later takes that
    # list for the live order; a patch that renames a container shows it.
    added = merged[len(kept) :]
    room = slice(len(kept), len(kept) + len(added))
    original[room] = added[: len(original[room])]
    chosen, rest = partition(merged, patch, node.patch_key)
    return ordered(chosen, rest, patch, kept, node.patch_key)


def _check_elements(*lists: list[Any]) -> None:
    kinds = {type(item) for items in lists for item in items}
    if list in kinds:
        raise ApiError(422, "Invalid", "the server rejected our request due to an error in our request")
    if len(kinds) > 1:
        raise _failure(f"list element types are not identical: {_go_text(list(lists))}")


def _special_items(original: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any]]:
    """Carry out items that are directives; what is left of both lists.

    `original` keeps its length: items behind a deleted one move up and the last stays, as in a Go slice.
    """
    plain = []
    replace = False
    size = len(original)
    for item in patch:
        directive = item.get(_MARKER)
        if directive is None:
            plain.append(item)
        elif directive == "delete":
            if key not in item:
                raise _no_key(item, key)
            for at in reversed([i for i in range(size) if original[i].get(key) == item[key]]):
                size -= 1
                original[at:size] = original[at + 1 : size + 1]
        elif directive == "replace":
            replace = True
        elif directive == "merge":
            raise _failure("merging lists cannot yet be specified in the patch")
        else:
            raise _failure(f"unknown patch type: {directive} in map: {_go_map(item)}")
    return (plain, []) if replace else (original[:size], plain)


def _merge_items(original: list[Any], patch: list[Any], node: Node) -> list[Any]:
    key = node.patch_key
    for item in patch:
        if key not in item:
            raise _no_key(item, key)
        for index, found in enumerate(original):
            if found.get(key) == item[key]:
                original[index] = _merge_map(found, item, node.items)
                break
        else:
            original.append(item)
    return original


def _merge_ordered(original: dict[str, Any], patch: dict[str, Any], directive: str, node: Node | None) -> None:
    """Carry out one $setElementOrder together with the list it orders, which then is done with."""
    order = patch.pop(directive)
    key = directive.removeprefix(_ORDER)
    found, changed = original.get(key), patch.get(key)
    if not isinstance(order, list) or not isinstance(found, list | None) or not isinstance(changed, list | None):
        raise _failure("expected a []interface {}, but received a map[string]interface {}")
    child = node.child(key) if node else None
    merge_key = child.patch_key if child else ""
    _check_order(changed or [], order, merge_key)
    if found is None and changed is None:
        return
    if found is not None and changed is not None:
        merged = _merge_list(found, changed, child)
    else:
        merged = found if found is not None else _without_directives(changed)
    if not found and not changed:
        raise _failure("no elements in any of the given slices")
    chosen, rest = partition(merged, order, merge_key)
    original[key] = ordered(chosen, rest, order, found or [], merge_key)
    patch.pop(key, None)


def _check_order(changed: list[Any], order: list[Any], merge_key: str) -> None:
    """Every item that the patch adds or changes must stand in the order list, in the same sequence."""
    wanted = [i.get(merge_key) for i in order if isinstance(i, dict)] if merge_key else order
    items = [i for i in changed if not (isinstance(i, dict) and i.get(_MARKER) == "delete")]
    done = at = 0
    while done < len(items) and at < len(wanted):
        item = items[done]
        if isinstance(item, dict) and _MARKER in item:
            done += 1
            continue
        done += (item.get(merge_key) if isinstance(item, dict) else item) == wanted[at]
        at += 1
    if wanted and done < len(items) and at == len(wanted):
        listed, expected = _go_text(changed), _go_text(order)
        raise _failure(f"The order in patch list:\n{listed}\n doesn't match $setElementOrder list:\n{expected}\n")


def _failure(text: str) -> ApiError:
    return ApiError(500, "", text)


def _no_key(item: dict[str, Any], key: str) -> ApiError:
    return _failure(f"map: {_go_map(item)} does not contain declared merge key: {key}")


def _go_map(value: dict[str, Any]) -> str:
    return "map[" + " ".join(f"{k}:{_go_text(v)}" for k, v in sorted(value.items())) + "]"


def _go_text(value: Any) -> str:
    """A value as Go's %v shows it."""
    if isinstance(value, dict):
        return _go_map(value)
    if isinstance(value, list):
        return "[" + " ".join(_go_text(item) for item in value) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
