"""Values as CEL rules see them: typed by the schema, with names that are no CEL identifiers escaped.

Source: Kubernetes, CEL in CustomResourceDefinitions: type mapping and property name escaping.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node

_RESERVED = frozenset(
    (
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    )
)
_SYMBOLS = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_DURATION = re.compile(r"([0-9]*\.?[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def escaped(name: str) -> str:
    """A property name as rules write it: `namespace` is `__namespace__`, `a-b` is `a__dash__b`."""
    if name in _RESERVED:
        return f"__{name}__"
    for symbol, word in _SYMBOLS:
        name = name.replace(symbol, word)
    return name


def cel_value(node: Node | None, value: Any) -> Any:
    """The value for a rule; it is the same object where the schema asks for no conversion."""
    if node is None or value is None or not _converts(node, ()):
        return value
    if isinstance(value, dict):
        return {
            escaped(key) if key in node.properties else key: cel_value(node.child(key), member)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [cel_value(node.items, item) for item in value]
    return _scalar(node, value)


def _scalar(node: Node, value: Any) -> Any:
    if node.type == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        return value
    try:
        if node.format in ("date-time", "datetime"):
            return datetime.fromisoformat(value.replace("Z", "+00:00").replace("z", "+00:00"))
        if node.format == "date":
            return datetime.fromisoformat(f"{value}T00:00:00+00:00")
        if node.format == "duration":
            return timedelta(seconds=sum(float(n) * _UNITS[unit] for n, unit in _DURATION.findall(value)))
        if node.format == "byte":
            return base64.b64decode(value)
    except ValueError:
        return value
    return value


def _converts(node: Node, above: tuple[int, ...]) -> bool:
    """Whether any value below this node differs from plain JSON in a rule."""
    known = node.scratch.get("cel_converts")
    if known is None:
        if id(node) in above:
            return False
        own = node.type == "number" or node.format in ("date-time", "datetime", "date", "duration", "byte")
        parts = [*node.properties.values(), node.additional, node.items]
        known = node.scratch["cel_converts"] = (
            own
            or any(escaped(name) != name for name in node.properties)
            or any(_converts(part, (*above, id(node))) for part in parts if part is not None and not part.builtin)
        )
    return bool(known)
