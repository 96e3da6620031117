"""`lab replay`: the page over a journal file, wherever it comes from; no lab is needed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from lab.cli.console import Console
from lab.cli.open import show
from lab.cli.session import output_option


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen on loopback; any free port.")
@click.option("--print", "only_print", is_flag=True, help="Print the address, start no browser.")
@output_option
@click.pass_obj
def command(console: Console, file: Path, port: int, only_print: bool, output: str) -> None:
    """Serve the page over FILE, a lab's journal.jsonl, until Ctrl-C: drag the time bar through what happened."""
    from lab.web.of_file import read_journal, serve_file

    records = read_journal(file)

    def tell(url: str) -> None:
        show(console, url, output, start=not only_print)
        console.say(f"{len(records)} events of {file.name}. Ctrl-C ends.")

    asyncio.run(serve_file(records, file.name, port, tell))
