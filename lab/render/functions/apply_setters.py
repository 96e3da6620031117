"""`apply-setters`: write values at the places that a comment `# kpt-set: ${name}` marks.

Source: kpt function catalog, apply-setters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lab.kit.yaml_nodes import AliasNode, MappingNode, ScalarNode, SequenceNode, YamlFault, compose, data_of
from lab.kit.yaml_places import CannotEditInPlace, Edit, apply_edits, key_end, line_comment
from lab.kit.yaml_scalars import keep_quoting
from lab.kit.yaml_walk import Visit, path_text, walk
from lab.kit.yaml_write import block_lines
from lab.render.functions._contract import Config, FunctionFault, Outcome, Result, data_texts, reference, refused
from lab.render.resources import Resource

MARK = "# kpt-set: "
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def apply_setters(resources: Sequence[Resource], config: Config) -> Outcome:
    """Set every marked value whose pattern names a setter that `config` (a ConfigMap) gives."""
    setters = data_texts(config)
    changed: list[Resource] = []
    results: list[Result] = []
    try:
        for resource in resources:
            after, made = _apply(resource, setters)
            changed.append(after)
            results += made
    except FunctionFault as fault:
        message = f"failed to apply setters: {fault.message}"
        return refused(resources, _error(message, fault))
    if not results:
        results = [Result("no matches for input setter(s)")]
    return Outcome(tuple(changed), tuple(results))


def setter_names(resource: Resource) -> dict[str, list[int]]:
    """The setters that an object's comments name, each with the file's lines on which it stands."""
    names: dict[str, list[int]] = {}
    for visit in walk(resource.root):
        pattern = _pattern(resource.text, visit)
        for name in _PLACEHOLDER.findall(pattern or ""):
            names.setdefault(name, []).append(resource.line + visit.node.line)
    return names


def _apply(resource: Resource, setters: Mapping[str, str]) -> tuple[Resource, list[Result]]:
    edits: list[Edit] = []
    results: list[Result] = []
    skip_until = -1
    if MARK.rstrip() not in resource.text:
        return resource, results
    for visit in walk(resource.root):
        pattern = _pattern(resource.text, visit)
        if visit.node.start < skip_until or pattern is None or not _names_any(pattern, setters):
            continue
        if isinstance(visit.node, SequenceNode):
            edits.append(_list_edit(resource, visit, pattern, setters))
            skip_until = visit.node.end
            value = _fill(pattern, setters)
        elif isinstance(visit.node, ScalarNode):
            value = _scalar_value(resource, visit, pattern, setters)
            edits.append(_scalar_edit(visit, value))
        results.append(_set(resource, visit, value))
    return resource.with_text(apply_edits(resource.text, edits)), results


def _set(resource: Resource, visit: Visit, value: str) -> Result:
    return Result(
        f'set field value to "{value}"',
        file=resource.file,
        index=resource.index,
        field=path_text(visit.path),
        line=resource.line + visit.node.line,
        resource=reference(resource),
        value=value,
    )


def _error(message: str, fault: FunctionFault) -> Result:
    resource = fault.resource
    if resource is None:
        return Result(message, severity="error")
    return Result(
        message,
        severity="error",
        file=resource.file,
        index=resource.index,
        field=path_text(fault.path),
        line=resource.line_of(*fault.path),
        resource=reference(resource),
    )


def _pattern(text: str, visit: Visit) -> str | None:
    """The pattern that marks a value: behind a scalar or a list in one line, or behind the key of a list below it."""
    node = visit.node
    if isinstance(node, AliasNode | MappingNode):
        return None
    end = node.end
    if isinstance(node, SequenceNode):
        if visit.entry is None:
            return None
        if not node.flow:
            try:
                end = key_end(text, visit.entry)
            except CannotEditInPlace:
                return None
    comment = line_comment(text, end)
    if comment is None or not comment[1].startswith(MARK):
        return None
    return comment[1][len(MARK) :].strip()


def _names_any(pattern: str, setters: Mapping[str, str]) -> bool:
    return any(f"${{{name}}}" in pattern for name in setters)


def _fill(pattern: str, setters: Mapping[str, str]) -> str:
    for name in sorted(setters):
        pattern = pattern.replace(f"${{{name}}}", setters[name])
    return pattern


def _scalar_value(resource: Resource, visit: Visit, pattern: str, setters: Mapping[str, str]) -> str:
    assert isinstance(visit.node, ScalarNode)
    value = _fill(pattern, setters)
    if not _PLACEHOLDER.search(value):
        return value
    for placeholder, current in _derived(pattern, visit.node.text):
        value = value.replace(placeholder, current)
    missing = [match.group() for match in _PLACEHOLDER.finditer(value)]
    if missing:
        text = f"values for setters [{' '.join(missing)}] must be provided"
        raise FunctionFault(text, resource, visit.path)
    return value


def _derived(pattern: str, current: str) -> Iterator[tuple[str, str]]:
    """What each placeholder of a pattern stands for in the current value; nothing when one stays unknown."""
    regex = ""
    position = 0
    matches = list(_PLACEHOLDER.finditer(pattern))
    for match in matches:
        regex += re.escape(pattern[position : match.start()]) + "(.*)"
        position = match.end()
    found = re.search(regex + re.escape(pattern[position:]), current)
    if found and all(found.groups()):
        yield from zip((match.group() for match in matches), found.groups(), strict=True)


def _scalar_edit(visit: Visit, value: str) -> Edit:
    node = visit.node
    assert isinstance(node, ScalarNode)
    gap = " " if node.start == node.end else ""
    return Edit(node.start, node.end, gap + keep_quoting(value, node.style, flow=visit.flow))


def _list_edit(resource: Resource, visit: Visit, pattern: str, setters: Mapping[str, str]) -> Edit:
    node, entry = visit.node, visit.entry
    assert isinstance(node, SequenceNode)
    assert entry is not None
    names = _PLACEHOLDER.findall(pattern)
    if len(names) != 1 or not (pattern.startswith("${") and pattern.endswith("}")):
        raise FunctionFault(f'invalid setter pattern for array node: "{pattern}"', resource, visit.path)
    value = setters[names[0]]
    items = _list_items(value, resource, visit)
    text = resource.text
    stop = text.find("\n", node.end)
    stop = len(text) if stop < 0 else stop
    if not items:
        return Edit(key_end(text, entry), stop, f" [] {MARK}{pattern}")
    wide = not node.flow and node.column > entry.key.column
    lines = block_lines(items, entry.key.column + (2 if wide else 0))
    return Edit(key_end(text, entry), stop, "\n".join([f" {MARK}{pattern}", *lines]))


def _list_items(value: str, resource: Resource, visit: Visit) -> list[object]:
    if not value.strip():
        return []
    try:
        items = data_of(compose(value))
    except YamlFault:
        items = None
    if not isinstance(items, list):
        message = f'input to array setter must be an array of values, but found "{value}"'
        raise FunctionFault(message, resource, visit.path)
    return items
