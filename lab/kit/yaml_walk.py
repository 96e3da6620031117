"""Find and visit nodes of a YAML tree by their paths of keys and positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.kit.yaml_nodes import AliasNode, Entry, MappingNode, Node, ScalarNode, SequenceNode, key_of, scalar_of


def field(node: Node | None, *path: str | int) -> Node | None:
    """The node at a path of keys and positions below `node`, or None."""
    for step in path:
        while isinstance(node, AliasNode):
            node = node.target
        if isinstance(node, MappingNode) and isinstance(step, str):
            node = next(
                (entry.value for entry in node.entries if _key_text(entry.key) == step),
                None,
            )
        elif isinstance(node, SequenceNode) and isinstance(step, int) and -len(node.items) <= step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


@dataclass(frozen=True, slots=True)
class Visit:
    """A node met on a walk: its path of keys and positions, and the entry or None when it is an item or the root."""

    path: tuple[str | int, ...]
    node: Node
    entry: Entry | None
    flow: bool


def walk(node: Node | None) -> Iterator[Visit]:
    """Every node below and including `node`, parents first, in the order of the text; aliases are not followed."""
    if node is not None:
        yield from _walk(Visit((), node, None, flow=False))


def _walk(visit: Visit) -> Iterator[Visit]:
    yield visit
    node = visit.node
    if isinstance(node, MappingNode):
        for entry in node.entries:
            key = _key_text(entry.key)
            if key is not None:
                yield from _walk(Visit((*visit.path, key), entry.value, entry, node.flow))
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            yield from _walk(Visit((*visit.path, index), item, None, node.flow))


def path_text(path: tuple[str | int, ...]) -> str:
    """A path as kpt's functions print it: `spec.containers[0].image`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text


def _key_text(node: Node) -> str | None:
    usable = isinstance(node, ScalarNode) and scalar_of(node) is not None
    return key_of(node) if usable else None


def compact_lists(root: Node) -> bool:
    """Whether the first block list below a key stands at the key's own column; true when there is none."""
    pending: list[Node] = [root]
    while pending:
        node = pending.pop(0)
        if isinstance(node, MappingNode):
            for entry in node.entries:
                if isinstance(entry.value, SequenceNode) and not entry.value.flow:
                    return entry.value.column == entry.key.column
            pending += [entry.value for entry in node.entries]
        elif isinstance(node, SequenceNode):
            pending += node.items
    return True


def is_filled_flow(node: Node) -> bool:
    """Whether a node is a collection in flow style that is not empty."""
    if isinstance(node, MappingNode):
        return node.flow and bool(node.entries)
    return isinstance(node, SequenceNode) and node.flow and bool(node.items)


def has_anchor(node: Node) -> bool:
    """Whether a node or one below it has an anchor."""
    if node.anchor:
        return True
    if isinstance(node, MappingNode):
        return any(has_anchor(entry.value) or has_anchor(entry.key) for entry in node.entries)
    return isinstance(node, SequenceNode) and any(has_anchor(item) for item in node.items)
