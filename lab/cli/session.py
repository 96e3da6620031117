"""Which lab a verb is about: its file, its folder, its journal and, for verbs that act, its bench."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from lab.cli.console import Console
from lab.errors.base import LabError
from lab.wiring.home import Home, homes, root

if TYPE_CHECKING:
    from lab.events.board import Board
    from lab.events.records import Record
    from lab.model.spec import LabSpec
    from lab.scenarios.bench import Bench

T = TypeVar("T")

output_option = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", help="json: one document on stdout."
)


def lab_file() -> Path | None:
    """The nearest lab.yaml, or the one that LAB_FILE names; None means the default lab."""
    from lab.wiring.lab_file import find

    chosen = os.environ.get("LAB_FILE")
    if chosen:
        return Path(chosen)
    return find(Path.cwd())


def wanted(console: Console, profile: str = "") -> tuple[LabSpec, Home]:
    """The lab as its file asks for it, and its folder. Raises LabError for a bad file."""
    from lab.wiring.lab_file import load

    file = lab_file()
    spec = load(file, profile=profile or os.environ.get("LAB_PROFILE", ""), name=console.lab)
    return spec, Home(root(file, Path.cwd()) / spec.name)


def existing(console: Console) -> Home:
    """The folder of the lab that is meant and was made before: `--lab`, the file's name, or the only one there.

    Raises LabError LAB021.
    """
    folder = root(lab_file(), Path.cwd())
    known = homes(folder)
    if console.lab:
        name = console.lab
    elif len(known) == 1:
        return known[0]
    else:
        name = wanted(console)[0].name
    home = Home(folder / name)
    if not home.exists():
        others = ", ".join(h.name for h in known)
        why = f"Labs here: {others}." if others else f"Nothing is in {folder}."
        raise LabError("LAB021", f'There is no lab "{name}" here.', why, ["lab up"])
    return home


def records(home: Home) -> list[Record]:
    """The journal. Raises LabError LAB030."""
    from lab.events.journal import Journal

    return Journal(home.journal).read()


def board(home: Home) -> Board:
    """The fold of the journal."""
    from lab.events.board import board_of

    return board_of(records(home))


@asynccontextmanager
async def attached(home: Home) -> AsyncIterator[Bench]:
    """The bench of a running lab. Raises LabError LAB022 when its server does not answer."""
    from lab.wiring.attach import attach

    bench = await attach(home)
    try:
        yield bench
    finally:
        await bench.close()


def act(home: Home, doing: Callable[[Bench], Awaitable[T]]) -> T:
    """Run `doing` with the bench of a running lab and return what it returns."""
    import asyncio

    async def inside() -> T:
        async with attached(home) as bench:
            return await doing(bench)

    return asyncio.run(inside())
