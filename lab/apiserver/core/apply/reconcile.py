"""Ownership after a schema change: parts that became atomic are owned as a whole.

Source: structured-merge-diff, typed (ReconcileFieldSetWithSchema).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.apiserver.core.apply.elements import is_atomic_list
from lab.apiserver.core.apply.fieldset import MEMBER, Tree

if TYPE_CHECKING:
    from lab.apiserver.core.schema import Node


def reconciled(tree: Tree, node: Node) -> Tree:
    """The set under the present schema; the same object where nothing changes."""
    result: Tree = {}
    changed = False
    for element, below in tree.items():
        kept = below
        if below:
            child = node.child(element[2:]) if element.startswith("f:") else node.items
            kept = _below(below, child) if child is not None else below
        changed = changed or kept is not below
        result[element] = kept
    return result if changed else tree


def _below(tree: Tree, node: Node) -> Tree:
    whole = is_atomic_list(node) if node.type == "array" else node.atomic
    return MEMBER if whole else reconciled(tree, node)
