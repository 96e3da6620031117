"""Optional member access in CEL (`self.?a`, `self[?'a']`) written as calls that the evaluator knows.

Source: CEL optional types, as Kubernetes enables them for rules.
"""

from __future__ import annotations

import re

_STRING = re.compile(r"""[rR]?("(\\.|[^"\\])*"|'(\\.|[^'\\])*')""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def rewritten(expression: str) -> str:
    """The expression with every optional access as `optionalMember(object, key)`. Raises ValueError if unbalanced."""
    while True:
        at = _first_optional(expression)
        if at < 0:
            return expression
        start = _receiver_start(expression, at)
        receiver = expression[start:at]
        if expression[at] == ".":
            match = _NAME.match(expression, at + 2)
            if match is None:
                raise ValueError("a name must follow .?")
            key, end = f"'{match[0]}'", match.end()
        else:
            end = _closing(expression, at) + 1
            key = expression[at + 2 : end - 1]
        expression = f"{expression[:start]}optionalMember({receiver}, {key}){expression[end:]}"


def _first_optional(expression: str) -> int:
    position = 0
    while position < len(expression):
        text = _STRING.match(expression, position)
        if text:
            position = text.end()
        elif expression.startswith((".?", "[?"), position):
            return position
        else:
            position += 1
    return -1


def _closing(expression: str, start: int) -> int:
    depth = 0
    position = start
    while position < len(expression):
        text = _STRING.match(expression, position)
        if text:
            position = text.end()
            continue
        if expression[position] in "([{":
            depth += 1
        elif expression[position] in ")]}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise ValueError("unbalanced brackets")


def _receiver_start(expression: str, end: int) -> int:
    """Where the chain of members, calls and indexes that ends at `end` begins."""
    position = end
    while position > 0:
        char = expression[position - 1]
        if char in ")]":
            depth = 0
            while position > 0:
                position -= 1
                depth += (expression[position] in ")]") - (expression[position] in "([")
                if depth == 0:
                    break
        elif char.isalnum() or char in "_.":
            position -= 1
        else:
            break
    return position
