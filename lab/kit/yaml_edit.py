"""Change values inside YAML text and touch nothing else: comments, quotes, order and blank lines stay.

The wanted data is compared with what the text holds; every difference becomes an edit at the place of its node.
Where a difference cannot be made in place (anchors, explicit keys), the document is written anew without comments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.kit.yaml_align import align
from lab.kit.yaml_nodes import (
    AliasNode,
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    YamlFault,
    compose,
    data_of,
    key_of,
)
from lab.kit.yaml_places import CannotEditInPlace, Edit, apply_edits, key_end, line_comment
from lab.kit.yaml_scalars import format_block, format_scalar
from lab.kit.yaml_walk import compact_lists, has_anchor, is_filled_flow
from lab.kit.yaml_write import block_lines, document_text, flow_text

_SEPARATOR = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\n)*---(?=\s|\Z)[^\n]*\n?")


def same(left: Any, right: Any) -> bool:
    """Whether two JSON-like values are equal in value and type (`1`, `1.0` and `true` are three values)."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return type(left) is type(right) and (left == right or left != left)


def rewrite(text: str, data: Any) -> str:
    """The one document in `text` with as few characters changed as make it read as `data`.

    New keys stand where `data` has them: after the key that precedes them there. Raises YamlFault when `text` is no
    single document.
    """
    root = compose(text)
    old = data_of(root)
    if same(old, data):
        return text
    if root is not None:
        try:
            changed = apply_edits(text, _Writer(text, root).edits(root, old, data))
            if same(data_of(compose(changed)), data):
                return changed
        except (CannotEditInPlace, YamlFault, ValueError):
            return _written_anew(text, data)
    return _written_anew(text, data)


def _written_anew(text: str, data: Any) -> str:
    head = _SEPARATOR.match(text)
    return (head.group() if head else "") + document_text(data)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a value stands: `after` the colon or dash, below something at column `indent`."""

    after: int
    indent: int
    item: bool
    flow: bool


class _Writer:
    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._compact = compact_lists(root)

    def edits(self, node: Node, old: Any, new: Any) -> list[Edit]:
        """The edits that turn the root's value into `new`."""
        if isinstance(node, MappingNode) and isinstance(new, dict):
            return self._mapping(node, old, new, _Slot(0, 0, item=False, flow=False))
        if isinstance(node, SequenceNode) and isinstance(new, list):
            return self._sequence(node, old, new, _Slot(0, 0, item=False, flow=False))
        raise CannotEditInPlace("the document changes its kind")

    def _value(self, node: Node, old: Any, new: Any, slot: _Slot) -> list[Edit]:
        if same(old, new):
            return []
        if isinstance(node, AliasNode) or node.anchor:
            raise CannotEditInPlace("anchor or alias")
        if isinstance(node, MappingNode) and isinstance(new, dict) and new:
            return self._mapping(node, old, new, slot)
        if isinstance(node, SequenceNode) and isinstance(new, list) and new:
            return self._sequence(node, old, new, slot)
        return self._replace(node, new, slot)

    # -- collections ------------------------------------------------------------------------------------------

    def _mapping(self, node: MappingNode, old: dict[str, Any], new: dict[str, Any], slot: _Slot) -> list[Edit]:
        entries = {key_of(entry.key): entry for entry in node.entries}
        if old.keys() != entries.keys():
            raise CannotEditInPlace("merge key")
        kept = [key for key in entries if key in new]
        if node.flow and (not kept or len(kept) < len(entries) or len(new) > len(entries)):
            return self._replace(node, new, slot)
        if not kept:
            return self._replace(node, new, slot)
        column = node.entries[0].key.column
        edits: list[Edit] = []
        for key in kept:
            entry = entries[key]
            inner = _Slot(key_end(self._text, entry), column, item=False, flow=node.flow)
            edits += self._value(entry.value, old[key], new[key], inner)
            edits += self._additions(_added_after(key, new, entries), column, entry.value.end)
        places = [(entry.key.start, entry.value.end) for entry in node.entries]
        return [
            *self._removals(places, [key in new for key in entries]),
            *self._first(_added_after(None, new, entries), column, entries[kept[0]].key.start),
            *edits,
        ]

    def _additions(self, added: dict[str, Any], column: int, end: int) -> list[Edit]:
        return self._insert_after(end, block_lines(added, column, compact=self._compact)) if added else []

    def _first(self, added: dict[str, Any], column: int, start: int) -> list[Edit]:
        return self._insert_before(start, block_lines(added, column, compact=self._compact)) if added else []

    def _sequence(self, node: SequenceNode, old: list[Any], new: list[Any], slot: _Slot) -> list[Edit]:
        pairs = align(old, new)
        kept = [(i, j) for i, j in pairs if i is not None and j is not None]
        if not kept or (node.flow and (len(kept) < len(old) or len(kept) < len(new))):
            return self._replace(node, new, slot)
        dashes = [] if node.flow else self._dashes(node)
        column = node.column
        edits: list[Edit] = []
        waiting: list[Any] = []
        last: Node | None = None
        for i, j in pairs:
            if i is None and j is not None:
                waiting.append(new[j])
            elif i is not None and j is not None:
                if waiting:
                    lines = block_lines(waiting, column, compact=self._compact)
                    edits += self._insert_after(last.end, lines) if last else self._insert_before(dashes[i], lines)
                    waiting = []
                last = node.items[i]
                after = last.start if node.flow else dashes[i] + 1
                edits += self._value(last, old[i], new[j], _Slot(after, column, item=True, flow=node.flow))
        if waiting and last:
            edits += self._insert_after(last.end, block_lines(waiting, column, compact=self._compact))
        staying = {i for i, _ in kept}
        places = list(zip(dashes, (item.end for item in node.items), strict=True)) if dashes else []
        return [*self._removals(places, [i in staying for i in range(len(places))]), *edits]

    def _dashes(self, node: SequenceNode) -> list[int]:
        pattern = re.compile(rf"^ {{{node.column}}}-(?=\s|\Z)", re.MULTILINE)
        dashes = [node.start]
        for item in node.items[:-1]:
            match = pattern.search(self._text, item.end)
            if match is None:
                raise CannotEditInPlace("list")
            dashes.append(match.end() - 1)
        return dashes

    # -- lines ------------------------------------------------------------------------------------------------

    def _removals(self, places: Sequence[tuple[int, int]], stays: Sequence[bool]) -> list[Edit]:
        """Edits that remove the places that do not stay; the caller sees to it that one stays."""
        edits: list[Edit] = []
        for number, (start, end) in enumerate(places):
            if stays[number]:
                continue
            if self._text[self._line_start(start) : start].strip(" "):
                following = next(place for place, stay in zip(places, stays, strict=True) if stay)[0]
                if number == 0:
                    edits.append(Edit(start, following, ""))
            elif not (edits and edits[-1].end > start):
                edits.append(Edit(self._head(start), self._next_line(end), ""))
        return edits

    def _insert_after(self, end: int, lines: list[str]) -> list[Edit]:
        stop = self._text.find("\n", end)
        if stop < 0:
            return [Edit(len(self._text), len(self._text), "\n" + "\n".join(lines))]
        return [Edit(stop + 1, stop + 1, "\n".join(lines) + "\n")]

    def _insert_before(self, start: int, lines: list[str]) -> list[Edit]:
        line_start = self._line_start(start)
        margin = start - line_start
        if self._text[line_start:start].strip(" "):
            text = "\n".join(lines)[margin:]
            return [Edit(start, start, f"{text}\n{' ' * margin}")]
        head = self._head(start)
        return [Edit(head, head, "\n".join(lines) + "\n")]

    def _line_start(self, offset: int) -> int:
        return self._text.rfind("\n", 0, offset) + 1

    def _next_line(self, offset: int) -> int:
        stop = self._text.find("\n", offset)
        return stop + 1 if stop >= 0 else len(self._text)

    def _head(self, start: int) -> int:
        """Start of the comment lines that stand directly above, at the same column, else of the line itself."""
        line_start = self._line_start(start)
        comment = " " * (start - line_start) + "#"
        while line_start > 0:
            above = self._line_start(line_start - 1)
            if not self._text.startswith(comment, above):
                break
            line_start = above
        return line_start

    # -- one value by another ---------------------------------------------------------------------------------

    def _replace(self, node: Node, new: Any, slot: _Slot) -> list[Edit]:
        if has_anchor(node):
            raise CannotEditInPlace("anchor")
        if slot.flow or (is_filled_flow(node) and isinstance(new, (dict, list)) and new):
            return self._inline(node, flow_text(new), slot)
        if isinstance(new, (dict, list)) and new:
            return self._blockwise(node, new, slot)
        block = format_block(new, slot.indent + 2) if isinstance(new, str) else None
        style = node.style if isinstance(node, ScalarNode) else ""
        text = flow_text(new) if isinstance(new, (dict, list)) else format_scalar(new, style)
        return self._inline(node, block or text, slot)

    def _inline(self, node: Node, text: str, slot: _Slot) -> list[Edit]:
        """Put text that begins on the line of the key or dash in the place of a value."""
        stop = self._line_end(node.end)
        if isinstance(node, (MappingNode, SequenceNode)) and not node.flow:
            key_stop = self._line_end(slot.after)
            if "\n" in text or node.start < key_stop:
                return [Edit(slot.after, stop if "\n" in text else node.end, f" {text}")]
            return [Edit(slot.after, slot.after, f" {text}"), Edit(key_stop, stop, "")]
        start = slot.after if node.start == node.end else node.start
        gap = " " if node.start == node.end else ""
        comment = line_comment(self._text, node.end)
        if "\n" in text and comment:
            head, _, rest = text.partition("\n")
            return [Edit(start, stop, f"{gap}{head} {comment[1]}\n{rest}")]
        return [Edit(start, max(start, node.end), gap + text)]

    def _blockwise(self, node: Node, new: dict[str, Any] | list[Any], slot: _Slot) -> list[Edit]:
        """Put a collection in block style in the place of a value."""
        deeper = slot.item or isinstance(new, dict) or not self._compact
        indent = slot.indent + 2 if deeper else slot.indent
        lines = block_lines(new, indent, compact=self._compact)
        joined = "\n".join(lines)
        if isinstance(node, (MappingNode, SequenceNode)) and not node.flow:
            if node.start < self._line_end(slot.after):
                return [Edit(slot.after, node.end, " " + joined[indent:])]
            return [Edit(self._line_start(node.start), self._line_end(node.end), joined)]
        if isinstance(node, ScalarNode) and node.style in ("|", ">"):
            return [Edit(slot.after, node.end, "\n" + joined)]
        end = max(slot.after, node.end)
        if slot.item and line_comment(self._text, end) is None:
            return [Edit(slot.after, end, " " + joined[indent:])]
        return [Edit(slot.after, end, ""), *self._insert_after(end, lines)]

    def _line_end(self, offset: int) -> int:
        stop = self._text.find("\n", offset)
        return stop if stop >= 0 else len(self._text)


def _added_after(key: str | None, new: dict[str, Any], entries: dict[str, Entry]) -> dict[str, Any]:
    """The new keys that follow the old key `key` (None: that come first) in `new`."""
    added: dict[str, Any] = {}
    previous: str | None = None
    for name, value in new.items():
        if name in entries:
            previous = name
        elif previous == key:
            added[name] = value
    return added
