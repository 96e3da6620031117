"""Scalars of YAML as the Kubernetes tools read them, and as text that they read back alike.

These tools follow YAML 1.1 for booleans (`y`, `no` and `on` are booleans), read `017` as octal and `0x1F` as
hexadecimal, and leave timestamps and `1:30` as text. Source: sigs.k8s.io/yaml, scalar resolution.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
}
_WORDS |= dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"], True)
_WORDS |= dict.fromkeys(["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"], False)
_WORDS |= dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan"))
_WORDS |= dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf"))
_WORDS |= dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf"))

_NUMBER_START = frozenset("+-.0123456789")
_INTEGER = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))",
    re.ASCII,
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", re.ASCII)
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")


def resolve_plain(text: str) -> Scalar:
    """The value that an unquoted scalar has: null, a boolean, a number, else the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    digits = text.replace("_", "") if text[0] != "." else text
    match = _INTEGER.fullmatch(digits)
    if match:
        sign, hexadecimal, binary, octal, decimal = match.groups()
        for group, base in ((hexadecimal, 16), (binary, 2), (octal, 8), (decimal, 10)):
            if group:
                number = int(group, base) * (-1 if sign == "-" else 1)
                return number if -(2**63) <= number < 2**64 else float(number)
    if _FLOAT.fullmatch(digits):
        return float(digits)
    return text


def plain_allowed(text: str, *, flow: bool) -> bool:
    """Whether `text` can stand without quotes and be read as one scalar of exactly these characters."""
    if not text or text != text.strip() or "\n" in text or "\t" in text or _UNPRINTABLE.search(text):
        return False
    if text[0] in _INDICATORS and not (text[0] in "-?:" and len(text) > 1 and text[1] not in " ,[]{}"):
        return False
    if ": " in text or " #" in text or text.endswith(":") or text.startswith(("---", "...")):
        return False
    return not (flow and any(character in text for character in ",[]{}?:"))


def double_quoted(text: str) -> str:
    """`text` in double quotes on one line."""
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", quoted)


def single_quoted(text: str) -> str:
    """`text` in single quotes, or in double quotes where single ones cannot hold it on one line."""
    if "\n" in text or "\t" in text or _UNPRINTABLE.search(text):
        return double_quoted(text)
    return "'" + text.replace("'", "''") + "'"


def keep_quoting(text: str, style: str, *, flow: bool) -> str:
    """`text` in the quoting that a scalar had (`'`, `"` or none), whatever type an unquoted reading gives it.

    Unquoted text that YAML could not read back is put in quotes. Source: kpt's function library, which sets the
    text of a node and keeps its style.
    """
    if not text or style == '"':
        return double_quoted(text)
    if style == "'":
        return single_quoted(text)
    return text if plain_allowed(text, flow=flow) else single_quoted(text)


def format_scalar(value: Scalar, style: str = "", *, flow: bool = False) -> str:
    """`value` as text on one line that reads back as the same value; strings keep the quotes of `style`."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _format_float(value)
    if style in ("'", '"'):
        return keep_quoting(value, style, flow=flow)
    safe = plain_allowed(value, flow=flow) and isinstance(resolve_plain(value), str) and not _BASE_60.fullmatch(value)
    return value if safe and value != "<<" and value != "=" else double_quoted(value)


def format_block(text: str, indent: int) -> str | None:
    """`text` of several lines as a literal block with lines at column `indent`; None where a block cannot hold it."""
    lines = text.split("\n")
    if len(lines) < 2 or not text.strip("\n") or "\t" in text or _UNPRINTABLE.search(text) or lines[0][:1] in ("", " "):
        return None
    if any(line and not line.strip() for line in lines):
        return None
    body = text.rstrip("\n")
    trailing = len(text) - len(body)
    header = {0: "|-", 1: "|"}.get(trailing, "|+")
    rows = [" " * indent + line if line else "" for line in body.split("\n")]
    return "\n".join([header, *rows, *[""] * (trailing - 1)])


def _format_float(value: float) -> str:
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text if "." in text or "e" in text else f"{text}.0"
