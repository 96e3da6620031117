"""`lab down`: remove what this lab made, and nothing else."""

from __future__ import annotations

import shutil

import click

from lab.cli.console import Console
from lab.cli.session import lab_file, output_option, wanted
from lab.kit.files import quoted
from lab.wiring.home import FOLDER, Home, homes, root
from lab.wiring.processes import end_server


@click.command("down")
@click.option("--stop", is_flag=True, help="Stop the processes and keep everything for the next `lab up`.")
@click.option("--all", "every", is_flag=True, help="Every lab of this folder.")
@output_option
@click.pass_obj
def command(console: Console, stop: bool, every: bool, output: str) -> None:
    """Remove processes, ports and files of the lab; with --stop keep its state. Twice is fine."""
    from pathlib import Path

    folder = root(lab_file(), Path.cwd())
    known = homes(folder)
    if every or (not console.lab and len(known) == 1):
        chosen = known
    else:
        chosen = [Home(folder / (console.lab or wanted(console)[0].name))]
    results = [take_down(home, keep=stop) for home in chosen]
    if output == "json":
        console.json({"schema": "lab.down/v1", "labs": results})
        return
    for result in results:
        console.say(_sentence(result, stop))
    if not chosen:
        console.say("There is no lab here.")


def take_down(home: Home, *, keep: bool) -> dict[str, object]:
    """End the lab server and, unless `keep`, remove the lab's folder. Raises LabError LAB020 while `up` runs."""
    if not home.path.exists():
        return {"lab": home.name, "was": "absent", "removed": []}
    with home.lock():
        ended = end_server(home)
        removed = ["process, ports"] if ended else []
        if not keep:
            shutil.rmtree(home.path)
            removed.append(quoted(home.path))
    _tidy(home)
    return {"lab": home.name, "was": "up" if ended else "stopped", "kept": keep, "removed": removed}


def _tidy(home: Home) -> None:
    """Remove the `.lab` folder when no lab is left in it."""
    folder = home.path.parent
    lock = folder / f".{home.name}.lock"
    if not home.path.exists():
        lock.unlink(missing_ok=True)
    left = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    if folder.name == FOLDER and left <= {".gitignore"}:
        shutil.rmtree(folder, ignore_errors=True)


def _sentence(result: dict[str, object], stop: bool) -> str:
    if result["was"] == "absent":
        return f"lab {result['lab']}: nothing to remove."
    if stop:
        return f"lab {result['lab']}: stopped; lab up goes on from here."
    return f"lab {result['lab']}: removed, nothing left."
