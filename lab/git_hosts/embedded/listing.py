"""The host's front page: which repositories there are, for people and for scripts."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Listed:
    """A repository as the page shows it: URL to clone, branches and tags with their commits; a damaged one has none."""

    name: str
    url: str
    damaged: bool
    branches: dict[str, str]
    tags: dict[str, str]


def as_data(repositories: Sequence[Listed]) -> dict[str, Any]:
    """The list as JSON data (schema `lab.repositories/v1`)."""
    return {
        "schema": "lab.repositories/v1",
        "repositories": [
            {
                "name": one.name,
                "url": one.url,
                "damaged": one.damaged,
                "branches": one.branches,
                "tags": one.tags,
            }
            for one in repositories
        ],
    }


def as_page(repositories: Sequence[Listed]) -> str:
    """The list as a page without scripts."""
    rows = "".join(_row(one) for one in repositories) or "<tr><td colspan=3>No repository yet.</td></tr>"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Repositories</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
        "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;"
        "border-bottom:1px solid #8884;vertical-align:top}code{font-size:.9em}</style></head><body>"
        "<h1>Repositories</h1><table><thead><tr><th>Repository</th><th>Branches</th><th>Tags</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></body></html>\n"
    )


def _row(one: Listed) -> str:
    damaged = " (damaged: LAB032)" if one.damaged else ""
    return (
        f"<tr><td><strong>{html.escape(one.name)}</strong>{damaged}<br>"
        f"<code>git clone {html.escape(one.url)}</code></td>"
        f"<td>{_refs(one.branches)}</td><td>{_refs(one.tags)}</td></tr>"
    )


def _refs(refs: dict[str, str]) -> str:
    return "<br>".join(f"<code>{html.escape(name)}</code> {commit[:7]}" for name, commit in refs.items()) or "none"
