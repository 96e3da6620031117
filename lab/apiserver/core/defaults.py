"""Built-in objects as the API server stores them: in canonical form and complete with defaults.

Two sources of defaults: those that stand in the OpenAPI documents (`+default` markers), and the defaulting functions of
each API group, in `defaulting`. Both belong to Go structs and apply wherever such a struct occurs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from lab.apiserver.core import gotypes
from lab.apiserver.core.data import INLINE, POINTER, components, struct_fields, struct_for
from lab.apiserver.core.defaulting import core, pods, policies, workloads
from lab.apiserver.core.errors import bad_request
from lab.apiserver.core.go_scalars import BadValue, WrongType
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.schema_values import copied

_FUNCTIONS = {**pods.DEFAULTERS, **core.DEFAULTERS, **workloads.DEFAULTERS, **policies.DEFAULTERS}


class _Plan(NamedTuple):
    """How to complete a value of one Go struct: own functions, own constants, then the members with plans."""

    functions: tuple[Callable[[dict[str, Any]], None], ...]
    constants: tuple[tuple[str, Any], ...]
    members: tuple[tuple[str, str, str], ...]
    """JSON name, shape (empty, `[]` or `{}`), struct."""


def apply_builtin_defaults(resource: Resource, obj: dict[str, Any]) -> dict[str, Any]:
    """The object of a built-in kind in canonical form with all defaults; changed in place and returned.

    Canonical: members that the Go type does not have are gone, empty optional ones too, quantities and times have their
    standard spelling. Raises ApiError 400 with the decoder's text for a value of the wrong type.
    """
    try:
        complete = gotypes.round_trip(resource.group, resource.version, resource.kind, obj)
    except (WrongType, BadValue) as error:
        raise bad_request(gotypes.decode_failure(error, resource.version, resource.kind)) from None
    struct = struct_for(resource.group, resource.version, resource.kind)
    if struct is not None:
        _complete(struct, complete)
    if complete is not obj:
        obj.clear()
        obj.update(complete)
    return obj


def _complete(struct: str, obj: dict[str, Any]) -> None:
    functions, constants, members = _plan(struct)
    for function in functions:
        function(obj)
    for key, value in constants:
        if obj.get(key) is None or (value and obj[key] == ""):
            obj[key] = copied(value)
    for key, shape, below in members:
        member = obj.get(key)
        if member is None:
            continue
        if not shape:
            _complete(below, member)
        else:
            for item in member if shape == "[]" else member.values():
                _complete(below, item)


@cache
def _plan(struct: str) -> _Plan:
    functions: list[Callable[[dict[str, Any]], None]] = []
    constants: list[tuple[str, Any]] = []
    members: list[tuple[str, str, str]] = []
    _collect(struct, functions, constants, members)
    return _Plan(tuple(functions), tuple(constants), tuple(members))


def _collect(struct: str, functions: list[Any], constants: list[Any], members: list[Any]) -> None:
    if struct in _FUNCTIONS:
        functions.append(_FUNCTIONS[struct])
    properties = _component_by_struct().get(struct, {}).get("properties", {})
    for field in struct_fields(struct):
        shape = field.type[:2] if field.type[:2] in ("[]", "{}") else ""
        inner = field.type[len(shape) :]
        if field.flags & INLINE:
            if inner.startswith("#"):
                _collect(inner[1:], functions, constants, members)
        elif inner.startswith("#") and _has_defaults(inner[1:], ()):
            members.append((field.name, shape, inner[1:]))
        default = properties.get(field.name, {}).get("default")
        if default not in (None, {}) and (default or field.flags & POINTER):
            constants.append((field.name, default))


@cache
def _component_by_struct() -> dict[str, dict[str, Any]]:
    return {".".join(name.split(".")[-3:]): schema for name, schema in components().items()}


def _has_defaults(struct: str, above: tuple[str, ...]) -> bool:
    """Whether this struct or one below it has defaults; `above` guards against structs that contain themselves."""
    if struct in above:
        return False
    if struct in _FUNCTIONS:
        return True
    properties = _component_by_struct().get(struct, {}).get("properties", {})
    for field in struct_fields(struct):
        default = properties.get(field.name, {}).get("default")
        if default not in (None, {}) and (default or field.flags & POINTER):
            return True
        inner = field.type.removeprefix("[]").removeprefix("{}")
        if inner.startswith("#") and _has_defaults(inner[1:], (*above, struct)):
            return True
    return False
