"""Which fields of a live object differ from what is declared: declared ones only, whatever others have added.

Whether a list is merged by keys, a set, or one value is read from the object's own managedFields, which is where the
API server has put it down. Source: Kubernetes, server-side apply, field ownership; Config Sync, remediator.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lab.reconcile.metadata import BOOKKEEPING, FIELD_MANAGER

Fields = Mapping[str, Any]
Path = tuple[str, ...]
"""Steps into an object: keys, and items of lists as `[name=upf]` or `[0]`."""

_OF_THE_SERVER = frozenset({"apiVersion", "kind", "status"})
_IDENTIFYING = frozenset({"name", "namespace"})


def differences(wanted: Mapping[str, Any], live: Mapping[str, Any], *, manager: str = FIELD_MANAGER) -> list[Path]:
    """The paths at which `live` is not as `wanted`.

    A field that `manager` applied earlier and no longer wants counts too: it has to go. Values are compared as they are
    written, so `1000m` and `1` differ; the API server has the last word on those.
    """
    types = _merged([entry.get("fieldsV1") or {} for entry in _entries(live)])
    ours = _merged(
        [
            entry.get("fieldsV1") or {}
            for entry in _entries(live)
            if entry.get("manager") == manager and entry.get("operation") == "Apply"
        ]
    )
    found: dict[Path, None] = {}
    for key, value in wanted.items():
        if key in _OF_THE_SERVER:
            continue
        if key == "metadata":
            value = {name: inner for name, inner in value.items() if name not in _IDENTIFYING}
        child = f"f:{key}"
        found.update(dict.fromkeys(_walk(value, live.get(key), types.get(child), ours.get(child), (key,))))
    found.update(dict.fromkeys(_leftover(ours, wanted, ())))
    return list(found)


def dotted(path: Path) -> str:
    """A path for people: `spec.containers[name=upf].image`."""
    return "".join(step if step.startswith("[") else f".{step}" for step in path).lstrip(".")


def matters(path: Path) -> bool:
    """False for the annotations that every commit moves."""
    return path[:2] != ("metadata", "annotations") or len(path) < 3 or path[2] not in BOOKKEEPING


def changed_by(paths: list[Path], live: Mapping[str, Any], *, manager: str = FIELD_MANAGER) -> str:
    """The field manager who last wrote one of the paths, or "" where nobody claims them."""
    latest = ("", "")
    for entry in _entries(live):
        who = str(entry.get("manager") or "")
        if who == manager or entry.get("subresource"):
            continue
        owned = entry.get("fieldsV1") or {}
        if any(_owns(owned, path) for path in paths):
            latest = max(latest, (str(entry.get("time") or ""), who))
    return latest[1]


def _entries(live: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    entries = (live.get("metadata") or {}).get("managedFields") or []
    return [entry for entry in entries if not entry.get("subresource")]


def _merged(trees: list[Fields]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for tree in trees:
        for key, value in tree.items():
            known = merged.get(key)
            merged[key] = _merged([known, value]) if isinstance(known, dict) and value else (known or value)
    return merged


def _walk(wanted: Any, live: Any, types: Fields | None, ours: Fields | None, path: Path) -> Iterator[Path]:
    if wanted is None or (not wanted and live is None and isinstance(wanted, (dict, list))):
        return
    if isinstance(wanted, dict):
        if not isinstance(live, Mapping):
            yield path
            return
        for key, value in wanted.items():
            yield from _walk(value, live.get(key), _child(types, f"f:{key}"), _child(ours, f"f:{key}"), (*path, key))
    elif isinstance(wanted, list):
        yield from _walk_list(wanted, live, types, ours, path)
    elif not _same(wanted, live):
        yield path


def _child(tree: Fields | None, key: str) -> Fields | None:
    return None if tree is None else tree.get(key)


def _walk_list(wanted: list[Any], live: Any, types: Fields | None, ours: Fields | None, path: Path) -> Iterator[Path]:
    if not isinstance(live, list):
        yield path
        return
    keyed = next((key for key in types or {} if key.startswith("k:")), None)
    if keyed is not None:
        names = list(json.loads(keyed[2:]))
        for item in wanted:
            yield from _walk_item(item, live, names, types or {}, ours or {}, path)
    elif any(key.startswith("v:") for key in types or {}):
        if any(not any(_same(item, other) for other in live) for item in wanted):
            yield path
    elif len(wanted) != len(live) or (types is not None and ours is None):
        # One value as a whole: who wrote it last owns all of it, even where a written field looks alike.
        yield path
    else:
        for index, (item, other) in enumerate(zip(wanted, live, strict=True)):
            yield from _walk(item, other, None, None, (*path, f"[{index}]"))


def _walk_item(item: Any, live: list[Any], names: list[str], types: Fields, ours: Fields, path: Path) -> Iterator[Path]:
    keys = {name: item[name] for name in names if isinstance(item, dict) and name in item}
    place = (*path, _label(keys))
    same = [
        other
        for other in live
        if isinstance(other, dict) and all(_same(value, other.get(name)) for name, value in keys.items())
    ]
    if not keys or not same:
        yield place
        return
    yield from _walk(item, same[0], _keyed(types, keys), _keyed(ours, keys), place)


def _keyed(tree: Fields, keys: Mapping[str, Any]) -> Fields | None:
    for key, value in tree.items():
        if key.startswith("k:"):
            known = json.loads(key[2:])
            if all(_same(known.get(name), wanted) for name, wanted in keys.items()):
                found: Fields = value
                return found
    return None


def _same(wanted: Any, live: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(live, bool):
        return wanted is live
    return bool(wanted == live)


def _leftover(ours: Fields, wanted: Any, path: Path) -> Iterator[Path]:
    """Paths that are still ours on the live object though nothing declares them any more."""
    for key, below in ours.items():
        if key == "." or (not path and key == "f:status"):
            continue
        kind, _, name = key.partition(":")
        if kind == "f":
            place = (*path, name)
            inner = wanted.get(name) if isinstance(wanted, Mapping) else None
            if inner is None:
                yield place
            else:
                yield from _leftover(below or {}, inner, place)
        elif kind == "k" and isinstance(wanted, list):
            keys = json.loads(name)
            item = next((item for item in wanted if _matches(item, keys)), None)
            if item is None:
                yield (*path, _label(keys))
            else:
                yield from _leftover(below or {}, item, (*path, _label(keys)))
        elif kind == "v" and isinstance(wanted, list) and not any(_same(item, json.loads(name)) for item in wanted):
            yield path


def _matches(item: Any, keys: Mapping[str, Any]) -> bool:
    # A key with a default, such as a port's protocol, may be left out where it is declared.
    return isinstance(item, dict) and all(name not in item or _same(item[name], value) for name, value in keys.items())


def _label(keys: Mapping[str, Any]) -> str:
    return "[" + ",".join(f"{name}={value}" for name, value in keys.items()) + "]"


def _owns(tree: Fields, path: Path) -> bool:
    """Whether a tree of owned fields holds the path, as far as the tree goes into it."""
    node: Fields = tree
    for step in path:
        if not node or set(node) == {"."}:
            return True
        below = next((value for key, value in node.items() if _is_step(key, step)), None)
        if below is None:
            return False
        node = below
    return True


def _is_step(key: str, step: str) -> bool:
    if step.startswith("[") and key.startswith("k:"):
        return _label(json.loads(key[2:])).startswith(step[:-1])
    return key == f"f:{step}"
