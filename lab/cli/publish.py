"""`lab publish`: a new revision of a blueprint. Nothing downstream changes by itself."""

from __future__ import annotations

from pathlib import Path

import click

from lab.cli.console import Console
from lab.cli.failures import command as pasteable
from lab.cli.session import act, existing, output_option
from lab.model.names import BLUEPRINTS
from lab.scenarios.bench import Bench


@click.command("publish")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--as", "package", default="", help="The package's name, where it is not the folder's.")
@output_option
@click.pass_obj
def command(console: Console, folder: Path, package: str, output: str) -> None:
    """Push FOLDER to the repository of blueprints as the next revision of its package."""
    from lab.git.seed import PublishedRevision
    from lab.scenarios.revisions import package_in, publish

    name, files = package_in(folder, package)

    async def doing(bench: Bench) -> PublishedRevision:
        return await publish(bench, name, files)

    done = act(existing(console), doing)
    if output == "json":
        facts = {"package": done.package, "workspace": done.workspace, "commit": done.commit, "new": done.new}
        console.json({"schema": "lab.publish/v1", **facts})
        return
    state = "published" if done.new else "unchanged"
    console.out(f"{BLUEPRINTS}/{done.package} {done.workspace} {state} ({done.commit[:7]})")
    if done.new:
        console.say(
            f"\nNothing downstream changes by itself.\n  Next   {pasteable(f'upgrade {done.package} {done.workspace}')}"
        )
