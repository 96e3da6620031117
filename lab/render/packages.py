"""The packages inside a package, and which files are whose.

Source: kpt, package tree: a folder with a Kptfile is a package, and its files are not its parent's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from posixpath import basename, dirname

from lab.render.kptfile import FILE
from lab.render.manifests import sorted_paths
from lab.render.resources import Package

IGNORE_FILE = ".krmignore"


def packages_in(package: Package) -> list[str]:
    """Folders with a Kptfile, the root being the empty path, in the order of their paths."""
    return sorted_paths(dirname(path) for path in package if basename(path) == FILE)


def own_files(package: Package) -> dict[str, list[str]]:
    """For every package inside (and the root) its own files, less those that its `.krmignore` names."""
    folders = packages_in(package)
    files: dict[str, list[str]] = {folder: [] for folder in folders}
    for path in sorted_paths(package):
        owner = _owner(path, files)
        if owner is not None and not _ignored(path, owner, package):
            files[owner].append(path)
    return files


def _owner(path: str, folders: dict[str, list[str]]) -> str | None:
    folder = dirname(path)
    while True:
        if folder in folders:
            return folder
        if not folder:
            return None
        folder = dirname(folder)


def _ignored(path: str, owner: str, package: Package) -> bool:
    rules = package.get(f"{owner}/{IGNORE_FILE}" if owner else IGNORE_FILE)
    inside = path[len(owner) + 1 :] if owner else path
    if rules is None or inside == FILE:
        return False
    ignored = False
    for pattern, negated in _rules(rules):
        if pattern.match(inside):
            ignored = not negated
    return ignored


@lru_cache(maxsize=256)
def _rules(text: str) -> tuple[tuple[re.Pattern[str], bool], ...]:
    """Rules in the syntax of gitignore as (pattern on paths, whether it takes back)."""
    rules: list[tuple[re.Pattern[str], bool]] = []
    for line in text.splitlines():
        rule = line.rstrip()
        if not rule or rule.startswith("#"):
            continue
        negated = rule.startswith("!")
        rule = rule.removeprefix("!")
        anchored = "/" in rule.rstrip("/")
        folder_only = rule.endswith("/")
        body = _glob(rule.strip("/"))
        rules.append(
            (re.compile(f"{'' if anchored else '(?:.*/)?'}{body}{'/.*' if folder_only else '(?:/.*)?'}$"), negated)
        )
    return tuple(rules)


def _glob(rule: str) -> str:
    parts = re.split(r"(\*\*/|/\*\*$|\*|\?|\[[^\]]*\])", rule)
    known = {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
    return "".join(known.get(part) or (part if part.startswith("[") else re.escape(part)) for part in parts)
