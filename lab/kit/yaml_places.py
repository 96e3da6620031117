"""Edits of text by position, and the places of comments and values in YAML text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lab.kit.yaml_nodes import Entry


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters from `start` to `end` by `text`."""

    start: int
    end: int
    text: str


class CannotEditInPlace(Exception):
    """The change needs a form of YAML that is not edited by position."""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all edits made; insertions at one place keep their order. Raises ValueError when two overlap."""
    parts: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < position:
            raise ValueError(f"edits overlap at {edit.start}")
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, text[position:]])


def line_comment(text: str, end: int) -> tuple[int, str] | None:
    """Offset and text (with `#`) of the comment that follows on the line after a node that ends at `end`."""
    stop = text.find("\n", end)
    rest = text[end : stop if stop >= 0 else len(text)].rstrip()
    gap, mark, comment = rest.partition("#")
    if not mark or gap.strip(" \t") not in ("", ",") or not gap:
        return None
    return end + len(gap), mark + comment


def key_end(text: str, entry: Entry) -> int:
    """Offset after the colon of a key. Raises CannotEditInPlace for a key written with `?`."""
    end = entry.key.end
    while end < len(text) and text[end] in " \t":
        end += 1
    if text[end : end + 1] != ":":
        raise CannotEditInPlace("explicit key")
    return end + 1
