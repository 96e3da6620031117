"""`search-replace`: find values by text, pattern, field path or file, and put a value or a comment there.

Source: kpt function catalog, search-replace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.kit.yaml_nodes import Node, ScalarNode, SequenceNode
from lab.kit.yaml_places import CannotEditInPlace, Edit, apply_edits, key_end, line_comment
from lab.kit.yaml_scalars import double_quoted, keep_quoting
from lab.kit.yaml_walk import Visit, field, path_text, walk
from lab.render.functions._contract import Config, FunctionFault, Outcome, Result, data_texts, refused
from lab.render.resources import Resource

_KEYS = ("by-value", "by-value-regex", "by-path", "by-file-path", "put-value", "put-comment")
_GROUP = re.compile(r"\$\{(\d+)\}")


@dataclass(frozen=True, slots=True)
class _Search:
    value: str | None
    regex: re.Pattern[str] | None
    path: str | None
    file: str | None
    put_value: str | None
    put_comment: str | None

    @property
    def creates(self) -> bool:
        """Whether a field that is not there is made: a plain path, a value to put, and no value to look for."""
        plain = self.path is not None and not re.search(r"[*\[]", self.path)
        return plain and self.put_value is not None and self.value is None and self.regex is None


def search_replace(resources: Sequence[Resource], config: Config) -> Outcome:
    """Search every object and put what `config` says at each match; without anything to put, only report matches."""
    try:
        search = _search(data_texts(config))
        changed: list[Resource] = []
        results: list[Result] = []
        for resource in resources:
            if search.file is not None and not _glob(search.file).fullmatch(resource.file):
                changed.append(resource)
                continue
            after, made = _created(resource, search) if search.creates else _matched(resource, search)
            changed.append(after)
            results += made
    except FunctionFault as fault:
        message = f"failed to perform search-replace operation: {double_quoted(fault.message)}"
        return refused(resources, Result(message, severity="error"))
    return Outcome(tuple(changed), tuple(results) or (Result("no matches"),))


def _search(data: Mapping[str, str]) -> _Search:
    for key in data:
        if key not in _KEYS:
            raise FunctionFault(f'invalid matcher "{key}", must be one of [{" ".join(_KEYS)}]')
    if data.get("by-value") and data.get("by-value-regex"):
        raise FunctionFault('only one of ["by-value", "by-value-regex"] can be provided')
    regex = data.get("by-value-regex")
    try:
        pattern = re.compile(regex) if regex else None
    except re.error as error:
        raise FunctionFault(f"error parsing regexp: {error}") from None
    return _Search(
        data.get("by-value") or None,
        pattern,
        data.get("by-path") or None,
        data.get("by-file-path") or None,
        data.get("put-value"),
        data.get("put-comment"),
    )


def _matched(resource: Resource, search: _Search) -> tuple[Resource, list[Result]]:
    edits: list[Edit] = []
    results: list[Result] = []
    for visit in walk(resource.root):
        node = visit.node
        if isinstance(node, SequenceNode) and search.put_comment and _path_matches(search, visit) and search.path:
            edits += _comment_on_key(resource.text, visit, search.put_comment)
            results.append(_result(resource, visit, "Mutated field value to", ""))
        if not isinstance(node, ScalarNode) or not _matches(search, visit, node):
            continue
        value = node.text
        if search.put_value is not None:
            value = _resolved(search.put_value, node.text, search)
            gap = " " if node.start == node.end else ""
            edits.append(Edit(node.start, node.end, gap + keep_quoting(value, node.style, flow=visit.flow)))
        if search.put_comment is not None:
            edits.append(_comment(resource.text, node, _resolved(search.put_comment, node.text, search)))
        puts = search.put_value is not None or search.put_comment is not None
        results.append(_result(resource, visit, "Mutated field value to" if puts else "Matched field value", value))
    return resource.with_text(apply_edits(resource.text, edits)), results


def _matches(search: _Search, visit: Visit, node: ScalarNode) -> bool:
    by_value = search.value is not None or search.regex is not None
    if search.path is None and not by_value:
        return False
    if search.path is not None and not _path_matches(search, visit):
        return False
    if search.value is not None:
        return bool(node.text) and node.text == search.value
    return search.regex is None or bool(search.regex.search(node.text))


def _path_matches(search: _Search, visit: Visit) -> bool:
    return search.path is not None and bool(_path_pattern(search.path).fullmatch(path_text(visit.path)))


def _path_pattern(path: str) -> re.Pattern[str]:
    """A path with `*` for one element, `**` for any number of them and `[*]` for any position."""
    text = ""
    parts = path.split(".")
    for number, part in enumerate(parts):
        if part == "**":
            text += r"(?:[^.]+\.)*" if number < len(parts) - 1 else r"[^.]+(?:\.[^.]+)*"
            continue
        text += re.escape(part).replace(r"\[\*\]", r"\[\d+\]").replace(r"\*", "[^.]*")
        text += r"\." if number < len(parts) - 1 else ""
    return re.compile(text)


def _resolved(template: str, current: str, search: _Search) -> str:
    if search.regex is None or not _GROUP.search(template):
        return template
    found = search.regex.search(current)
    groups = (found.group(), *found.groups()) if found else ()

    def group(match: re.Match[str]) -> str:
        number = int(match.group(1))
        if not 0 < number < len(groups):
            raise FunctionFault("unable to resolve capture groups")
        return groups[number] or ""

    return _GROUP.sub(group, template)


def _comment(text: str, node: Node, comment: str) -> Edit:
    there = line_comment(text, node.end)
    start, end = (there[0], there[0] + len(there[1])) if there else (_line_end(text, node.end),) * 2
    return Edit(start, end, f"{'' if there else ' '}# {comment}")


def _comment_on_key(text: str, visit: Visit, comment: str) -> list[Edit]:
    node = visit.node
    if visit.entry is None or not isinstance(node, SequenceNode):
        return []
    try:
        end = node.end if node.flow else key_end(text, visit.entry)
    except CannotEditInPlace:
        return []
    there = line_comment(text, end)
    return [Edit(there[0], there[0] + len(there[1]), f"# {comment}") if there else Edit(end, end, f" # {comment}")]


def _line_end(text: str, offset: int) -> int:
    stop = text.find("\n", offset)
    return stop if stop >= 0 else len(text)


def _created(resource: Resource, search: _Search) -> tuple[Resource, list[Result]]:
    """Set the field at a plain path in an object, which makes what is missing on the way."""
    assert search.path is not None
    existing, made = _matched(resource, search)
    if made:
        return existing, made
    steps = search.path.split(".")
    data = resource.editable()
    holder: Any = data
    for step in steps[:-1]:
        holder = holder.setdefault(step, {}) if isinstance(holder, dict) else None
        if not isinstance(holder, dict):
            raise FunctionFault(f"wrong Node Kind for {search.path} expected: MappingNode")
    holder[steps[-1]] = str(search.put_value)
    changed = _unquoted(resource.with_data(data), steps)
    result = Result(
        f"Mutated field value to {double_quoted(str(search.put_value))}",
        file=resource.file,
        index=resource.index,
        field=search.path,
        line=changed.line_of(*steps),
    )
    if search.put_comment is None:
        return changed, [result]
    commented = _Search(None, None, search.path, search.file, None, search.put_comment)
    return _matched(changed, commented)[0], [result]


def _unquoted(resource: Resource, steps: Sequence[str]) -> Resource:
    """The object with a new value written without quotes, so that its text decides its type."""
    node = field(resource.root, *steps)
    if not isinstance(node, ScalarNode) or node.style not in ("", '"'):
        return resource
    edit = Edit(node.start, node.end, keep_quoting(node.text, "", flow=True))
    return resource.with_text(apply_edits(resource.text, [edit]))


def _result(resource: Resource, visit: Visit, verb: str, value: str) -> Result:
    return Result(
        f"{verb} {double_quoted(value)}",
        file=resource.file,
        index=resource.index,
        field=path_text(visit.path),
        line=resource.line + visit.node.line,
    )


def _glob(pattern: str) -> re.Pattern[str]:
    """A file pattern with `*`, `?` and `**`."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(known.get(part) or re.escape(part) for part in parts))
