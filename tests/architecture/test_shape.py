"""How files are named, what they say about themselves, and what the pure ones may not do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PURE = ("lab/model/", "lab/render/", "lab/reconcile/")
VAGUE = re.compile(r"(utils?|helpers?|commons?|misc|manager)(\.|$)")
CLOCK = "lab/kit/clock.py"
WALL_CLOCK = {("time", "time"), ("time", "sleep"), ("datetime", "now"), ("datetime", "utcnow")}


@pytest.mark.parametrize("folder", PURE)
def test_pure_packages_hold_no_coroutine(modules: Mapping[str, ast.Module], folder: str) -> None:
    """Model, render and reconcile are plain functions: whoever calls them decides when."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in modules.items()
        if path.startswith(folder)
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await)
    ]

    assert found == []


def test_time_is_handed_in(modules: Mapping[str, ast.Module]) -> None:
    """Only the clock looks at the wall clock, and nobody sleeps a thread."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in modules.items()
        if path != CLOCK
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in WALL_CLOCK
    ]

    assert found == []


def test_no_file_has_a_vague_name(root: Path) -> None:
    """A file is named for its one idea."""
    folders = [root / name for name in ("lab", "tests", "tools", "scenarios", "benchmarks") if (root / name).exists()]
    found = [str(file) for folder in folders for file in folder.rglob("*") if VAGUE.match(file.name)]

    assert found == []


def test_package_files_are_empty(modules: Mapping[str, ast.Module]) -> None:
    """An `__init__.py` holds one docstring and hands nothing on."""
    found = [
        path
        for path, tree in modules.items()
        if path.endswith("/__init__.py") and (len(tree.body) != 1 or not _doc(tree))
    ]

    assert found == []


def test_public_things_say_what_they_are(modules: Mapping[str, ast.Module]) -> None:
    """Every module and every public class, function and method has a docstring."""
    found = [f"{path}: {name}" for path, tree in modules.items() for name in _silent(tree)]

    assert found == []


def _silent(tree: ast.Module) -> Iterator[str]:
    if not _doc(tree):
        yield "the module"
    for node in tree.body:
        yield from _silent_in(node, "")


def _silent_in(node: ast.AST, within: str) -> Iterator[str]:
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
        return
    overload = any(isinstance(d, ast.Name) and d.id in ("overload", "override") for d in node.decorator_list)
    if not _doc(node) and not overload:
        yield within + node.name
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            yield from _silent_in(inner, f"{node.name}.")


def _doc(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    return ast.get_docstring(node) or ""
