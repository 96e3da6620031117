"""`lab kubectl`: the real kubectl, on the lab's clusters."""

from __future__ import annotations

import os

import click

from lab.cli.console import Console
from lab.cli.session import existing
from lab.wiring.tools import kubectl


@click.command("kubectl", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def command(console: Console, arguments: tuple[str, ...]) -> None:
    """Run kubectl with the lab's kubeconfig: lab kubectl --context=my-ran get namespaces."""
    home = existing(console)
    program = kubectl()
    environment = {**os.environ, "KUBECONFIG": str(home.kubeconfig)}
    os.execve(program, ["kubectl", *arguments], environment)
