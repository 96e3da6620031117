"""Which upstream object an object of a package came from, whatever it is called now.

Source: kpt, merge comments and upstream identifiers.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lab.kit.yaml_nodes import MappingNode, ScalarNode
from lab.kit.yaml_places import CannotEditInPlace, Edit, apply_edits, key_end, line_comment
from lab.render.resources import Resource

IDENTIFIER = "internal.kpt.dev/upstream-identifier"
_COMMENT = re.compile(r"#\s*kpt-merge:\s*([^/\s]*)/(\S+)")


class Origin(NamedTuple):
    """Group, kind, namespace and name of the upstream object; the namespace is empty when it has none."""

    group: str
    kind: str
    namespace: str
    name: str


def origin_of(resource: Resource) -> Origin:
    """The origin by the merge comment, else by the identifier, else the object as it is."""
    comment = _merge_comment(resource)
    if comment:
        return Origin(resource.group, resource.kind, *comment)
    parts = str(resource.annotations.get(IDENTIFIER, "")).split("|")
    if len(parts) == 4 and parts[3]:
        namespace = "" if parts[2] in ("~C", "default") and not resource.namespace else parts[2]
        return Origin(resource.group, resource.kind, namespace, parts[3])
    return Origin(resource.group, resource.kind, resource.namespace, resource.name)


def with_merge_comment(resource: Resource) -> Resource:
    """The object with a merge comment behind `metadata:`, unless a comment stands there."""
    root = resource.root
    entry = next(
        (
            entry
            for entry in (root.entries if isinstance(root, MappingNode) else [])
            if isinstance(entry.key, ScalarNode) and entry.key.text == "metadata"
        ),
        None,
    )
    if entry is None or not isinstance(entry.value, MappingNode) or not entry.value.entries:
        return resource
    try:
        end = entry.value.end if entry.value.flow else key_end(resource.text, entry)
    except CannotEditInPlace:
        return resource
    if line_comment(resource.text, end) is not None:
        return resource
    comment = f" # kpt-merge: {resource.namespace}/{resource.name}"
    return resource.with_text(apply_edits(resource.text, [Edit(end, end, comment)]))


def with_identifier(resource: Resource) -> Resource:
    """The object with the annotation that names its upstream object, unless it has one."""
    if IDENTIFIER in resource.annotations:
        return resource
    data = resource.editable()
    annotations = data["metadata"].setdefault("annotations", {})
    if not isinstance(annotations, dict):
        annotations = data["metadata"]["annotations"] = {}
    namespace = resource.namespace or "default"
    annotations[IDENTIFIER] = f"{resource.group}|{resource.kind}|{namespace}|{resource.name}"
    return resource.with_data(data)


def _merge_comment(resource: Resource) -> tuple[str, str] | None:
    root = resource.root
    for entry in root.entries if isinstance(root, MappingNode) else []:
        if isinstance(entry.key, ScalarNode) and entry.key.text == "metadata":
            stop = resource.text.find("\n", entry.key.end)
            match = _COMMENT.search(resource.text, entry.key.end, stop if stop >= 0 else len(resource.text))
            return (match.group(1), match.group(2)) if match else None
    return None
