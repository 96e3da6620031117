"""Validation of a value against a compiled schema, with the texts of Kubernetes.

Source: kube-openapi validation (types, ranges, patterns, formats, junctors) as the apiextensions server reports its
results; apiextensions list-type checks. Built-in nodes are checked for types and required members only as far as the
OpenAPI documents say so; their own rules are in `validation`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from lab.apiserver.core import field_errors as fe
from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.formats import fits

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node


@dataclass(slots=True)
class _Result:
    """Faults found so far, and how many places were looked at: the deepest failing alternative is reported."""

    errors: list[FieldError] = field(default_factory=list)
    checks: int = 0

    def add(self, other: _Result) -> None:
        self.errors.extend(other.errors)
        self.checks += other.checks


def validate(node: Node, value: Any, path: str) -> list[FieldError]:
    """All faults of `value` at `path`, list uniqueness last, as the API server orders them."""
    result = _Result()
    _check_node(node, value, path, result)
    _check_lists(node, value, path, result.errors)
    return result.errors


def validate_changes(node: Node, value: dict[str, Any], old: dict[str, Any]) -> list[FieldError]:
    """The faults of a whole object, but for those of its members that are as in `old`."""
    if node.alternatives or node.additional is not None or not node.raw.keys().isdisjoint(_COUNTED):
        return validate(node, value, "")
    result = _Result()
    changed = {key: member for key, member in value.items() if key not in old or old[key] != member}
    for key, member in changed.items():
        child = node.properties.get(key)
        if child is not None and not (child.builtin and not node.builtin):
            _check_node(child, member, key, result)
    result.errors += [fe.required(_shown(f".{key}")) for key in node.required if key not in value]
    _check_lists(node, changed, "", result.errors)
    return result.errors


_COUNTED = ("minProperties", "maxProperties", "enum")


def _check_node(node: Node, value: Any, path: str, result: _Result) -> None:
    result.checks += 1
    _check_type(node, value, path, result)
    raw = node.raw
    if node.alternatives and value is not None:
        _check_alternatives(node, value, path, result)
    if isinstance(value, str):
        _check_string(raw, value, path, result)
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int | float):
        _check_number(raw, value, path, result)
    elif isinstance(value, list):
        _check_array(node, value, path, result)
    if node.enum is not None and not (value is None and node.nullable):
        _check_enum(node.enum, value, path, result)
    if isinstance(value, dict):
        _check_object(node, value, path, result)


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "object" if isinstance(value, dict) else "array"


def _check_type(node: Node, value: Any, path: str, result: _Result) -> None:
    """A wrong type does not end the checks: every other rule that fits the found type is applied as well."""
    wanted = ("integer", "string") if node.int_or_string else (node.type,)
    if wanted == ("",):
        return
    found = _type_name(value)
    if found in wanted or (found == "null" and (node.nullable or node.builtin)):
        return
    if found == "integer" and "number" in wanted:
        return
    if found == "number" and "integer" in wanted and float(value).is_integer():
        return
    result.errors.append(_type_error(path, ",".join(wanted), found))


def _type_error(path: str, wanted: str, found: str) -> FieldError:
    return fe.type_invalid(_shown(path), found, f'{path} in body must be of type {wanted}: "{found}"')


def _shown(path: str) -> str:
    return path.removeprefix(".")


def _invalid(path: str, value: Any, rule: str) -> FieldError:
    return fe.invalid(_shown(path), value, f"{path} in body {rule}")


@lru_cache(maxsize=2048)
def _pattern(text: str) -> re.Pattern[str] | None:
    """A Go (RE2) pattern in Python's syntax; None for one that Python cannot read."""
    try:
        return re.compile(text.replace(r"\z", r"\Z"))
    except re.error:
        return None


def _check_string(raw: dict[str, Any], value: str, path: str, result: _Result) -> None:
    limit = raw.get("maxLength")
    if limit is not None and len(value) > limit:
        result.errors.append(fe.too_long(_shown(path), limit))
        return
    limit = raw.get("minLength")
    if limit is not None and len(value) < limit:
        result.errors.append(_invalid(path, value, f"should be at least {limit} chars long"))
        return
    pattern = raw.get("pattern")
    if pattern:
        compiled = _pattern(pattern)
        if compiled is not None and compiled.search(value) is None:
            result.errors.append(_invalid(path, value, f"should match '{pattern}'"))
            return
    wanted = raw.get("format")
    if wanted and not fits(wanted, value):
        rule = f"{path} in body must be of type {wanted}: {fe.quoted(value)}"
        result.errors.append(fe.type_invalid(_shown(path), value, rule))


def _check_number(raw: dict[str, Any], value: float, path: str, result: _Result) -> None:
    factor = raw.get("multipleOf")
    if factor and (value / factor) % 1 != 0:
        result.errors.append(_invalid(path, value, f"should be a multiple of {fe.number_text(factor)}"))
    limit = raw.get("maximum")
    if limit is not None:
        exclusive = raw.get("exclusiveMaximum", False)
        if value > limit or (exclusive and value == limit):
            rule = "should be less than" + ("" if exclusive else " or equal to")
            result.errors.append(_invalid(path, value, f"{rule} {fe.number_text(limit)}"))
    limit = raw.get("minimum")
    if limit is not None:
        exclusive = raw.get("exclusiveMinimum", False)
        if value < limit or (exclusive and value == limit):
            rule = "should be greater than" + ("" if exclusive else " or equal to")
            result.errors.append(_invalid(path, value, f"{rule} {fe.number_text(limit)}"))


def _check_enum(allowed: list[Any], value: Any, path: str, result: _Result) -> None:
    if not any(_same(value, item) for item in allowed):
        shown = [item if isinstance(item, str) else fe.go_value(item) for item in allowed]
        result.errors.append(fe.not_supported(_shown(path), value, shown))


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _check_array(node: Node, value: list[Any], path: str, result: _Result) -> None:
    if node.items is not None:
        for index, item in enumerate(value):
            _check_node(node.items, item, f"{path}[{index}]", result)
    raw = node.raw
    if "minItems" in raw and len(value) < raw["minItems"]:
        result.errors.append(_invalid(path, len(value), f"should have at least {raw['minItems']} items"))
    if "maxItems" in raw and len(value) > raw["maxItems"]:
        result.errors.append(fe.too_many(_shown(path), len(value), raw["maxItems"]))
    if raw.get("uniqueItems") and len({_frozen(item) for item in value}) < len(value):
        result.errors.append(fe.invalid(_shown(path), "", f"{path} in body shouldn't contain duplicates"))


def _check_object(node: Node, value: dict[str, Any], path: str, result: _Result) -> None:
    raw = node.raw
    if "minProperties" in raw and len(value) < raw["minProperties"]:
        result.errors.append(_invalid(path, len(value), f"should have at least {raw['minProperties']} properties"))
    if "maxProperties" in raw and len(value) > raw["maxProperties"]:
        result.errors.append(fe.too_many(_shown(path), len(value), raw["maxProperties"]))
    for key, member in value.items():
        child = node.properties.get(key)
        if child is None:
            if node.additional is not None:
                _check_node(node.additional, member, f"{path}.{key}", result)
        elif not (child.builtin and not node.builtin):
            _check_node(child, member, f"{path}.{key}" if path else key, result)
    for key in node.required:
        if key not in value:
            result.errors.append(fe.required(_shown(f"{path}.{key}")))


def _check_alternatives(node: Node, value: Any, path: str, result: _Result) -> None:
    parts = node.alternatives
    if "anyOf" in parts:
        attempts = [_attempt(part, value, path) for part in parts["anyOf"]]
        if all(a.errors for a in attempts):
            result.errors.append(fe.invalid("", "", f'"{path}" must validate at least one schema (anyOf)'))
            result.add(max(attempts, key=lambda a: a.checks))
    if "oneOf" in parts:
        _check_one_of(parts["oneOf"], value, path, result)
    if "allOf" in parts:
        attempts = [_attempt(part, value, path) for part in parts["allOf"]]
        for attempt in attempts:
            result.add(attempt)
        if any(a.errors for a in attempts):
            none = ". None validated" if all(a.errors for a in attempts) else ""
            result.errors.append(fe.invalid("", "", f'"{path}" must validate all the schemas (allOf){none}'))
    if "not" in parts and not _attempt(parts["not"][0], value, path).errors:
        result.errors.append(fe.invalid("", "", f'"{path}" must not validate the schema (not)'))


def _check_one_of(parts: list[Node], value: Any, path: str, result: _Result) -> None:
    attempts = [_attempt(part, value, path) for part in parts]
    valid = sum(not a.errors for a in attempts)
    if valid == 1:
        return
    found = f"Found {valid} valid alternatives" if valid else "Found none valid"
    result.errors.append(fe.invalid("", "", f'"{path}" must validate one and only one schema (oneOf). {found}'))
    if not valid:
        result.add(max(attempts, key=lambda a: a.checks))


def _attempt(part: Node, value: Any, path: str) -> _Result:
    result = _Result()
    _check_node(part, value, path, result)
    return result


def _frozen(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _check_lists(node: Node, value: Any, path: str, errors: list[FieldError]) -> None:
    if isinstance(value, list):
        if node.list_type == "set":
            _check_unique(value, value, path, errors)
        elif node.list_type == "map":
            _check_keys(node, value, path, errors)
        if node.items is not None:
            for index, item in enumerate(value):
                if isinstance(item, dict | list):
                    _check_lists(node.items, item, f"{path}[{index}]", errors)
    elif isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, dict | list):
                child = node.properties.get(key)
                if child is not None:
                    if node.builtin or not child.builtin:
                        _check_lists(child, member, f"{path}.{key}" if path else key, errors)
                elif node.additional is not None:
                    _check_lists(node.additional, member, f"{path}[{key}]", errors)


def _check_keys(node: Node, value: list[Any], path: str, errors: list[FieldError]) -> None:
    for index, item in enumerate(value):
        if item is not None and not isinstance(item, dict):
            rule = "must be an object for an array of list-type map"
            errors.append(fe.invalid(f"{path}[{index}]", item, rule))
            return
    keys = [{k: item[k] for k in node.map_keys if k in item} if item else {} for item in value]
    _check_unique(keys, keys, path, errors)


def _check_unique(values: list[Any], shown: list[Any], path: str, errors: list[FieldError]) -> None:
    seen: dict[bytes, int] = {}
    for index, value in enumerate(values):
        key = _frozen(value)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] == 2:
            errors.append(fe.duplicate(f"{path}[{index}]", shown[index]))
