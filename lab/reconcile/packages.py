"""Which package a file belongs to: the nearest directory above it that holds a Kptfile."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from posixpath import dirname

KPTFILE = "Kptfile"


def package_directories(files: Iterable[str]) -> frozenset[str]:
    """The directories of all packages among the paths of files; the repository's root is ""."""
    return frozenset(dirname(path) for path in files if path.rpartition("/")[2] == KPTFILE)


def package_of(path: str, packages: Collection[str]) -> str:
    """The package directory of the file at `path`, or "" for a file outside every package."""
    directory = dirname(path)
    while directory and directory not in packages:
        directory = dirname(directory)
    return directory
