"""Data as YAML text in block style, one line per scalar, keys in the order given."""

from __future__ import annotations

from typing import Any

from lab.kit.yaml_scalars import format_block, format_scalar


def flow_text(value: Any) -> str:
    """`value` on one line: `{a: 1, b: [x, y]}`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key_text(key)}: {flow_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(inner) for inner in value) + "]"
    return format_scalar(value, flow=True)


def key_text(key: str) -> str:
    """A key as text that reads back as the same key."""
    return format_scalar(key, flow=True)


def block_lines(value: dict[str, Any] | list[Any], indent: int, *, compact: bool = True) -> list[str]:
    """The lines of a collection that is not empty, standing at column `indent`.

    `compact` puts the dashes of a list under its key, as the Kubernetes tools do; otherwise two columns further in.
    """
    margin = " " * indent
    lines: list[str] = []
    if isinstance(value, list):
        for item in value:
            lines += _item_lines(item, indent, compact)
        return lines
    for key, inner in value.items():
        first, *rest = value_lines(inner, indent, compact=compact)
        lines += [f"{margin}{key_text(key)}:{first}", *rest]
    return lines


def value_lines(value: Any, indent: int, *, compact: bool = True) -> list[str]:
    """What follows the colon of a key at column `indent`: the rest of its line, then whole lines."""
    if isinstance(value, dict) and value:
        return ["", *block_lines(value, indent + 2, compact=compact)]
    if isinstance(value, list) and value:
        return ["", *block_lines(value, indent if compact else indent + 2, compact=compact)]
    return _inline_lines(value, indent + 2)


def _item_lines(item: Any, indent: int, compact: bool) -> list[str]:
    margin = " " * indent
    if isinstance(item, (dict, list)) and item:
        first, *rest = block_lines(item, indent + 2, compact=compact)
        return [f"{margin}- {first[indent + 2 :]}", *rest]
    first, *rest = _inline_lines(item, indent + 2)
    return [f"{margin}-{first}", *rest]


def _inline_lines(value: Any, indent: int) -> list[str]:
    if isinstance(value, (dict, list)):
        return [" {}" if isinstance(value, dict) else " []"]
    block = format_block(value, indent) if isinstance(value, str) else None
    text = block if block is not None else format_scalar(value)
    return (" " + text).split("\n")


def document_text(value: Any, *, compact: bool = True) -> str:
    """`value` as the text of one document that ends with a line break."""
    if isinstance(value, (dict, list)) and value:
        return "\n".join(block_lines(value, 0, compact=compact)) + "\n"
    return flow_text(value) + "\n"
