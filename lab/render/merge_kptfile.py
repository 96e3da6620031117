"""Three-way merge of Kptfiles: name, inventory and status stay, functions are matched by name or image.

Source: kpt, Kptfile merge of `pkg update`. Unlike real Porch, whose first commit of an upgrade can lose a
PackageVariant's function until the next one puts it back, functions added here always stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.kit.yaml_edit import rewrite
from lab.kit.yaml_nodes import compose, data_of
from lab.render.functions._table import function_name
from lab.render.kptfile import Kptfile
from lab.render.merge_fields import MISSING, merge_fields

_LOCAL = ("apiVersion", "kind", "upstream", "upstreamLock", "inventory", "status")


def merge_kptfiles(original: Kptfile | None, updated: Kptfile, local: Kptfile) -> Kptfile:
    """The local Kptfile with upstream's changes since `original` (None: it was added on both sides)."""
    base, new, here = (_data(kptfile) for kptfile in (original, updated, local))
    merged: dict[str, Any] = {}
    for field in [*here, *(field for field in new if field not in here)]:
        if field in _LOCAL:
            value = here.get(field, MISSING)
        elif field == "pipeline":
            value = _pipeline(*(side.get(field) or {} for side in (base, new, here)))
        else:
            sides = [side.get(field, MISSING) for side in (base, new, here)]
            value = merge_fields(sides[0], sides[1], sides[2], lists_by_key=False)
        if value is not MISSING:
            merged[field] = value
    merged["metadata"] = {**merged.get("metadata", {}), "name": local.name}
    if isinstance(merged.get("info"), dict):
        _merge_gates(merged["info"], base, new, here)
    return Kptfile.read(rewrite(local.text, merged))


def _data(kptfile: Kptfile | None) -> dict[str, Any]:
    if kptfile is None:
        return {}
    data: dict[str, Any] = data_of(compose(kptfile.text))
    data["metadata"] = {key: value for key, value in (data.get("metadata") or {}).items() if key != "name"}
    return data


def _pipeline(base: Mapping[str, Any], new: Mapping[str, Any], here: Mapping[str, Any]) -> Any:
    merged: dict[str, Any] = {}
    for kind in ("mutators", "validators"):
        functions = _functions(base.get(kind) or [], new.get(kind) or [], here.get(kind) or [])
        if functions:
            merged[kind] = functions
    return merged or MISSING


def _functions(
    base: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], here: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    sides = [_by_key(side) for side in (base, new, here)]
    merged: list[dict[str, Any]] = []
    for key in [*sides[2], *(key for key in sides[1] if key not in sides[2])]:
        values = [side.get(key, MISSING) for side in sides]
        value = merge_fields(values[0], values[1], values[2], lists_by_key=False)
        if value is not MISSING:
            merged.append(value)
    return merged


def _by_key(functions: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Functions by name, those without one by image and how many such came before."""
    found: dict[str, dict[str, Any]] = {}
    for function in functions:
        what = function_name(str(function.get("image") or "")) or str(function.get("exec"))
        key = f"name {function['name']}" if function.get("name") else f"image {what}"
        number = sum(1 for other in found if other == key or other.startswith(f"{key} #"))
        found[f"{key} #{number}" if number else key] = function
    return found


def _merge_gates(info: dict[str, Any], *sides: Mapping[str, Any]) -> None:
    """Readiness gates are a set: upstream's additions and removals are made, local ones stay."""
    base, new, here = (
        [gate["conditionType"] for gate in (side.get("info") or {}).get("readinessGates") or []] for side in sides
    )
    kept = [gate for gate in here if gate in new or gate not in base]
    kept += [gate for gate in new if gate not in here and gate not in base]
    if kept:
        info["readinessGates"] = [{"conditionType": gate} for gate in kept]
    else:
        info.pop("readinessGates", None)
