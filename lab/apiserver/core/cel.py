"""Rules of CustomResourceDefinitions (`x-kubernetes-validations`).

Source: Kubernetes, apiextensions-apiserver schema/cel: which rules run, what `self` and `oldSelf` are, the texts of
failures. Evaluation itself is the Rust implementation of CEL behind the package common-expression-language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lab.apiserver.core import field_errors as fe
from lab.apiserver.core.cel_engine import engine
from lab.apiserver.core.cel_functions import FUNCTIONS
from lab.apiserver.core.cel_optional import rewritten
from lab.apiserver.core.cel_values import cel_value
from lab.apiserver.core.errors import FieldError

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node

cel = engine()

_REASONS = {
    "FieldValueRequired": "Required",
    "FieldValueForbidden": "Forbidden",
    "FieldValueDuplicate": "Duplicate",
}
_NO_ANSWER = (ValueError, RuntimeError, KeyError, IndexError, TypeError, ArithmeticError, AttributeError)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule, compiled. `program` is None where this evaluator does not know the expression; `fault` says why."""

    raw: dict[str, Any]
    program: Any
    message: Any
    fault: str

    @property
    def uses_old(self) -> bool:
        """True for a transition rule."""
        return re.search(r"\boldSelf\b", self.raw["rule"]) is not None

    @property
    def text(self) -> str:
        """What the rule says when it fails and has no message expression."""
        return str(self.raw.get("message", "")).strip() or f"failed rule: {self.raw['rule'].strip()}"


def validate_rules(node: Node, new: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Every fault that the schema's rules find in `new`; `old` is the stored object, None on create.

    Transition rules (those with `oldSelf`) run only where an old value corresponds. A rule that held no longer against
    an unchanged value is not reported (ratcheting). Rules that this evaluator cannot compile are left out; see
    `rule_faults`.
    """
    errors: list[FieldError] = []
    if _has_rules(node):
        _validate(node, new, old, "", errors)
    return errors


def rule_faults(node: Node) -> list[str]:
    """Why rules of this schema cannot be evaluated here, each with the rule; empty if all of them can."""
    found: list[str] = []
    _collect_faults(node, found)
    return found


def _collect_faults(node: Node, found: list[str]) -> None:
    if not _has_rules(node):
        return
    found += [f"{rule.raw['rule']}: {rule.fault}" for rule in _rules(node) if rule.fault]
    for child in _children(node):
        _collect_faults(child, found)


def _children(node: Node) -> list[Node]:
    parts = [*node.properties.values(), node.additional, node.items, *node.alternatives.get("allOf", ())]
    return [part for part in parts if part is not None and not part.builtin]


def _has_rules(node: Node) -> bool:
    known = node.scratch.get("has_rules")
    if known is None:
        own = bool(node.raw.get("x-kubernetes-validations"))
        known = node.scratch["has_rules"] = own or any(_has_rules(child) for child in _children(node))
    return bool(known)


def _rules(node: Node) -> tuple[_Rule, ...]:
    compiled: tuple[_Rule, ...] | None = node.scratch.get("rules")
    if compiled is None:
        raw = node.raw.get("x-kubernetes-validations") or ()
        compiled = node.scratch["rules"] = tuple(_compiled(rule) for rule in raw)
    return compiled


def _compiled(raw: dict[str, Any]) -> _Rule:
    try:
        program = cel.compile(rewritten(raw["rule"]))
    except _NO_ANSWER as error:
        return _Rule(raw, None, None, str(error))
    unknown = sorted(set(program.functions()) - _known_functions())
    if unknown:
        return _Rule(raw, None, None, f"unknown function {', '.join(unknown)}")
    message = None
    if raw.get("messageExpression"):
        try:
            message = cel.compile(rewritten(raw["messageExpression"]))
        except _NO_ANSWER:
            message = None
    return _Rule(raw, program, message, "")


def _validate(node: Node, new: Any, old: Any, path: str, errors: list[FieldError]) -> None:
    if new is None or not _has_rules(node):
        return
    _run_rules(node, new, old, path, errors)
    for part in node.alternatives.get("allOf", ()):
        _validate(part, new, old, path, errors)
    if isinstance(new, list) and node.items is not None:
        before = _by_key(node, old)
        for index, item in enumerate(new):
            _validate(node.items, item, before.get(_key(node, item)), f"{path}[{index}]", errors)
    elif isinstance(new, dict):
        earlier = old if isinstance(old, dict) else {}
        for key, member in new.items():
            child = node.properties.get(key)
            if child is not None:
                if not child.builtin:
                    _validate(child, member, earlier.get(key), f"{path}.{key}" if path else key, errors)
            elif node.additional is not None:
                _validate(node.additional, member, earlier.get(key), f"{path}[{key}]", errors)


def _by_key(node: Node, old: Any) -> dict[Any, Any]:
    """Old items by key: only items of keyed lists correspond to each other over time."""
    if node.list_type != "map" or not isinstance(old, list):
        return {}
    return {_key(node, item): item for item in old}


def _key(node: Node, item: Any) -> Any:
    return tuple(item.get(key) for key in node.map_keys) if node.list_type == "map" and isinstance(item, dict) else None


def _run_rules(node: Node, new: Any, old: Any, path: str, errors: list[FieldError]) -> None:
    rules = _rules(node)
    if not rules:
        return
    context = _context()
    context.add_variable("self", cel_value(node, new))
    before = None if old is None else cel_value(node, old)
    for rule in rules:
        optional = rule.raw.get("optionalOldSelf", False)
        if rule.program is None or (rule.uses_old and old is None and not optional):
            continue
        if not rule.uses_old and old is not None and old == new:
            continue
        if optional:
            context.add_variable("oldSelf", cel.OptionalValue.none() if old is None else cel.OptionalValue.of(before))
        else:
            context.add_variable("oldSelf", before)
        error = _evaluate(rule, context, node, path)
        if error is not None:
            errors.append(error)


def _evaluate(rule: _Rule, context: Any, node: Node, path: str) -> FieldError | None:
    kind = node.type
    try:
        if rule.program.execute(context) is True:
            return None
    except _NO_ANSWER as error:
        shown = rule.raw.get("message", "").strip() or rule.raw["rule"].strip()
        return fe.invalid(path, kind, f"{_error_text(error)} evaluating rule: {shown}")
    text = rule.text
    if rule.message is not None:
        try:
            told = rule.message.execute(context)
        except _NO_ANSWER:
            told = None
        if isinstance(told, str) and told.strip() and "\n" not in told:
            text = told.strip()
    where = path + rule.raw.get("fieldPath", "") if path else rule.raw.get("fieldPath", "").removeprefix(".")
    return _failure(rule.raw.get("reason", ""), where, kind, text)


def _failure(reason: str, path: str, kind: str, text: str) -> FieldError:
    match _REASONS.get(reason):
        case "Required":
            return fe.required(path, text)
        case "Forbidden":
            return fe.forbidden(path, text)
        case "Duplicate":
            return fe.duplicate(path, kind)
        case _:
            return fe.invalid(path, kind, text)


def _error_text(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"no such key: {error.args[0]}"
    if isinstance(error, ZeroDivisionError):
        return "division by zero"
    return str(error)


_BUILT_IN = frozenset(
    (
        "size",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "has",
        "all",
        "exists",
        "exists_one",
        "existsOne",
        "map",
        "filter",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
        "bool",
        "duration",
        "timestamp",
        "dyn",
        "type",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
        "orValue",
        "hasValue",
        "value",
        "or",
        "optional",
        "of",
        "none",
        "ofNonZeroValue",
        "optionalMember",
        "abs",
        "ceil",
        "floor",
        "round",
    )
)


@cache
def _known_functions() -> frozenset[str]:
    return frozenset(FUNCTIONS) | _BUILT_IN | frozenset(cel.compile(_ALL_OPERATORS).functions())


_ALL_OPERATORS = (
    "(-a + 1 - 1 * 2 / 3 % 4 > 0 || a < 1 && a >= 2 && a <= 3 && a == 4 && a != 5 && !b && a in [1] ? c[0] : d) "
    "&& e.all(x, x) && e.exists(x, x) && e.exists_one(x, x) && e.map(x, x) == e.filter(x, x)"
)


@cache
def _context() -> Any:
    """The one evaluation context: rules run one after another, each after setting its variables."""
    context = cel.Context()
    for name, function in FUNCTIONS.items():
        context.add_function(name, function)
    context.add_function("optionalMember", _optional_member)
    return context


def _optional_member(target: Any, key: Any) -> Any:
    if isinstance(target, cel.OptionalValue):
        if not target.has_value():
            return target
        target = target.value()
    if isinstance(target, dict) and key in target:
        return cel.OptionalValue.of(target[key])
    if isinstance(target, list) and isinstance(key, int) and 0 <= key < len(target):
        return cel.OptionalValue.of(target[key])
    return cel.OptionalValue.none()
