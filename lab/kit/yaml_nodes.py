"""YAML text as a tree of nodes that know where they stand, in the dialect of the Kubernetes tools.

Positions are character offsets into the text; a node ends with its last character, before any comment that follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import yaml

from lab.kit.yaml_scalars import resolve_plain

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_STR_TAG = "tag:yaml.org,2002:str"
_MERGE_KEY = "<<"
_CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")}


class YamlFault(ValueError):
    """The text is not one YAML document; `line` and `column` count from 1 (0: unknown)."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"yaml: line {line}: {message}" if line else f"yaml: {message}")
        self.message = message
        self.line = line
        self.column = column


@dataclass(slots=True, eq=False)
class Node:
    """A value in the text: `start` and `end` are offsets, `line` and `column` count from 0."""

    start: int
    end: int
    line: int
    column: int
    tag: str | None
    anchor: str | None


@dataclass(slots=True, eq=False)
class ScalarNode(Node):
    """One value: `text` without quotes and escapes, `style` is `''`, `'`, `"`, `|` or `>`."""

    text: str
    style: str


@dataclass(slots=True, eq=False)
class Entry:
    """A key and its value in a mapping."""

    key: Node
    value: Node


@dataclass(slots=True, eq=False)
class MappingNode(Node):
    """Keys and values, in block or in flow style."""

    entries: list[Entry]
    flow: bool


@dataclass(slots=True, eq=False)
class SequenceNode(Node):
    """Items, in block or in flow style."""

    items: list[Node]
    flow: bool


@dataclass(slots=True, eq=False)
class AliasNode(Node):
    """A reference to a node with an anchor."""

    target: Node


AnyNode = TypeVar("AnyNode", bound=Node)


@lru_cache(maxsize=1024)
def compose(text: str) -> Node | None:
    """The tree of the one document in `text`, or None when there is none; the tree is shared: do not change it.

    Raises YamlFault for text that is no YAML, for a second document and for an alias without anchor.
    """
    try:
        return _Composer(text, iter(yaml.parse(text, Loader=_LOADER))).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = text.count("\n") + (not text.endswith("\n"))
        place = (min(mark.line + 1, last), mark.column + 1) if mark else (0, 0)
        raise YamlFault(error.problem or error.context or "cannot be read", *place) from None
    except yaml.reader.ReaderError as error:
        raise YamlFault(error.reason, *place_of(text, max(error.position, 0))) from None


class _Composer:
    def __init__(self, text: str, events: Iterator[Any]) -> None:
        self._text = text
        self._events = events
        self._anchors: dict[str, Node] = {}

    def document(self) -> Node | None:
        next(self._events)
        root: Node | None = None
        seen = False
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    mark: Any = event.start_mark
                    raise YamlFault("expected a single document", mark.line + 1, mark.column + 1)
                root = self._node(next(self._events))
                seen = True
        return root

    def _node(self, event: Any) -> Node:
        mark = event.start_mark
        place = (mark.index, event.end_mark.index, mark.line, mark.column)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise YamlFault(
                    f"unknown anchor '{event.anchor}' referenced",
                    mark.line + 1,
                    mark.column + 1,
                )
            return AliasNode(*place, None, None, self._anchors[event.anchor])
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, place)
        return self._sequence(event, place)

    def _scalar(self, event: Any, place: tuple[int, int, int, int]) -> ScalarNode:
        tag = event.tag or (None if event.implicit[0] else _STR_TAG)
        style = event.style or ""
        start, end, line, column = place
        if style in ("|", ">"):
            # The parser counts the blank lines after a block as part of it.
            end = start + len(self._text[start:end].rstrip())
        node = ScalarNode(start, end, line, column, tag, event.anchor, event.value, style)
        return self._remember(node)

    def _mapping(self, event: Any, place: tuple[int, int, int, int]) -> MappingNode:
        node = self._remember(MappingNode(*place, event.tag, event.anchor, [], bool(event.flow_style)))
        while not isinstance(inner := next(self._events), yaml.MappingEndEvent):
            key = self._node(inner)
            node.entries.append(Entry(key, self._node(next(self._events))))
        node.end = _offset_after(inner) if node.flow or not node.entries else node.entries[-1].value.end
        return node

    def _sequence(self, event: Any, place: tuple[int, int, int, int]) -> SequenceNode:
        node = self._remember(SequenceNode(*place, event.tag, event.anchor, [], bool(event.flow_style)))
        while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
            node.items.append(self._node(inner))
        node.end = _offset_after(inner) if node.flow or not node.items else node.items[-1].end
        return node

    def _remember(self, node: AnyNode) -> AnyNode:
        if node.anchor:
            self._anchors[node.anchor] = node
        return node


def _offset_after(event: Any) -> int:
    offset: int = event.end_mark.index
    return offset


def data_of(node: Node | None) -> Any:
    """The value of a node as JSON-like data; keys that are no text become text (`on:` becomes `true`).

    Raises YamlFault for a key given twice, a key that is a collection, a merge of something that is no mapping and
    a value that contains itself.
    """
    return _data(node, ())


def _data(node: Node | None, path: tuple[int, ...]) -> Any:
    if node is None:
        return None
    if isinstance(node, AliasNode):
        return _data(node.target, path)
    if isinstance(node, ScalarNode):
        return scalar_of(node)
    if id(node) in path:
        raise YamlFault(
            f"anchor '{node.anchor}' value contains itself",
            node.line + 1,
            node.column + 1,
        )
    path = (*path, id(node))
    if isinstance(node, SequenceNode):
        return [_data(item, path) for item in node.items]
    assert isinstance(node, MappingNode)
    return _mapping_data(node, path)


def _mapping_data(node: MappingNode, path: tuple[int, ...]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    lines: dict[str, int] = {}
    merged: dict[str, Any] = {}
    for entry in node.entries:
        key_node = entry.key
        if isinstance(key_node, ScalarNode) and key_node.text == _MERGE_KEY and key_node.style == "":
            merged |= _merge_data(entry.value, path)
            continue
        key = key_of(key_node)
        if key in lines:
            message = f'mapping key "{key}" already defined at line {lines[key]}'
            raise YamlFault(message, key_node.line + 1, key_node.column + 1)
        lines[key] = key_node.line + 1
        data[key] = _data(entry.value, path)
    return {**{key: value for key, value in merged.items() if key not in data}, **data} if merged else data


def _merge_data(node: Node, path: tuple[int, ...]) -> dict[str, Any]:
    data = _data(node, path)
    parts = data if isinstance(data, list) else [data]
    if not all(isinstance(part, dict) for part in parts):
        raise YamlFault(
            "map merge requires map or sequence of maps as the value",
            node.line + 1,
            node.column + 1,
        )
    merged: dict[str, Any] = {}
    for part in reversed(parts):
        merged |= part
    return merged


def key_of(node: Node) -> str:
    """The text of a key as JSON knows it. Raises YamlFault for a key that is null or a collection."""
    if isinstance(node, AliasNode):
        return key_of(node.target)
    value = scalar_of(node) if isinstance(node, ScalarNode) else None
    if value is None:
        raise YamlFault("unsupported map key", node.line + 1, node.column + 1)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def scalar_of(node: ScalarNode) -> Any:
    """The value of a scalar by its tag, else by its text."""
    if node.tag is None or node.tag in _CORE_TAGS:
        return resolve_plain(node.text)
    return node.text


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of an offset in `text`."""
    line = text.count("\n", 0, offset) + 1
    return line, offset - text.rfind("\n", 0, offset)
