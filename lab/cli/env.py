"""`lab env`: settings for a shell, so that plain kubectl and git mean the lab."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from lab.cli.console import Console
from lab.cli.session import existing, output_option
from lab.kit.files import quoted
from lab.wiring.tools import kubectl_folder


@click.command("env")
@output_option
@click.pass_obj
def command(console: Console, output: str) -> None:
    """Print shell settings: KUBECONFIG of the lab, and PATH with lab and a kubectl that is new enough."""
    home = existing(console)
    folders = [str(folder) for folder in (kubectl_folder(), Path(sys.executable).parent) if folder]
    if output == "json":
        facts = {"KUBECONFIG": str(home.kubeconfig), "LAB_NAME": home.name, "path": folders}
        console.json({"schema": "lab.env/v1", **facts})
        return
    console.out(f"export KUBECONFIG={quoted(home.kubeconfig)}")
    console.out(f"export LAB_NAME={quoted(home.name)} LAB_HOME={quoted(home.path.parent)}")
    present = os.environ.get("PATH", "").split(os.pathsep)
    missing = [folder for folder in dict.fromkeys(folders) if present[:1] != [folder]]
    if missing:
        console.out(f'export PATH={quoted(os.pathsep.join(missing))}:"$PATH"')
    console.say('# eval "$(lab env)" sets them in this shell')
