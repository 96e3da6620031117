"""Editing files as a step says: whole files, or one text in place of another."""

from __future__ import annotations

from collections.abc import Mapping

from lab.scenarios.outcome import StepFailed

AUTHOR = "You <you@lab.invalid>"
"""Who commits by hand."""


def changed(
    before: Mapping[str, bytes], files: Mapping[str, str | None], replace: Mapping[str, Mapping[str, str]]
) -> dict[str, bytes]:
    """The files after the edits. Raises StepFailed when a file, or the text to replace, is not there."""
    after = dict(before)
    for path, content in files.items():
        if content is not None:
            after[path] = content.encode()
        elif after.pop(path, None) is None:
            raise StepFailed(f"a file {path} to delete", [_there(before)])
    for path, pairs in replace.items():
        text = after.get(path, b"").decode()
        if path not in after:
            raise StepFailed(f"a file {path} to edit", [_there(before)])
        for old, new in pairs.items():
            if old not in text:
                raise StepFailed(f"the text `{old}` in {path}", ["it is not there"])
            text = text.replace(old, new)
        after[path] = text.encode()
    return after


def _there(files: Mapping[str, bytes]) -> str:
    return f"there are: {', '.join(sorted(files)[:8]) or 'no files'}"
