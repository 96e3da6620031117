"""`lab logs`: one timeline of everything that happened, from all parts."""

from __future__ import annotations

import asyncio

import click

from lab.cli.console import Console, wrap
from lab.cli.session import existing, output_option, records
from lab.events.records import Record
from lab.reports.timeline import SENTENCE_AT, line_of, parts_in
from lab.wiring.home import Home


@click.command("logs")
@click.argument("parts", nargs=-1)
@click.option("-f", "--follow", is_flag=True, help="Go on as things happen.")
@click.option("--tail", type=int, default=0, help="Only the last so many.")
@click.option("--server", is_flag=True, help="What the lab server itself says.")
@output_option
@click.pass_obj
def command(console: Console, parts: tuple[str, ...], follow: bool, tail: int, server: bool, output: str) -> None:
    """Print the journal for people; PARTS narrows it to clusters, packages, stages or kinds of events."""
    home = existing(console)
    if server:
        console.out(home.server_log.read_text(errors="replace") if home.server_log.exists() else "")
        return
    found = [r for r in records(home) if not parts or parts_in(r) & set(parts)]
    found = found[-tail:] if tail else found
    if output == "json":
        console.json({"schema": "lab.logs/v1", "events": [r.as_dict() for r in found]})
        return
    for record in found:
        _show(console, record)
    if follow:
        asyncio.run(_follow(console, home, set(parts)))


def _show(console: Console, record: Record) -> None:
    """One event: wrapped under its own beginning on a terminal, one line elsewhere, so that grep finds it whole."""
    line = line_of(record)
    if not console.stdout.isatty():
        console.out(line)
        return
    first, *rest = wrap(line[SENTENCE_AT:], console.width - SENTENCE_AT) or [""]
    console.out(line[:SENTENCE_AT] + first)
    for part in rest:
        console.out(" " * SENTENCE_AT + part)


async def _follow(console: Console, home: Home, parts: set[str]) -> None:
    from lab.events.watching import JournalObserver
    from lab.kit.clock import SystemClock

    clock = SystemClock()
    observer = JournalObserver(home.journal, clock)
    while True:
        for record in observer.read():
            if not parts or parts_in(record) & parts:
                _show(console, record)
        await clock.sleep(0.1)
