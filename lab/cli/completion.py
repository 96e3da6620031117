"""`lab completion`: a script that a shell sources."""

from __future__ import annotations

import click

from lab.cli.console import Console


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def command(console: Console, shell: str) -> None:
    """Print the completion script for SHELL: source <(lab completion bash)."""
    from click.shell_completion import get_completion_class

    from lab.cli.app import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    console.out(kind(cli, {}, "lab", "_LAB_COMPLETE").source())
