"""`lab approve`: a person proposes and approves what waits."""

from __future__ import annotations

import click

from lab.cli.console import Console
from lab.cli.failures import command as pasteable
from lab.cli.session import act, existing, output_option
from lab.scenarios.bench import Bench


@click.command("approve")
@click.argument("package")
@click.option("--on", "cluster", default="", help="The cluster, where the package goes to several.")
@output_option
@click.pass_obj
def command(console: Console, package: str, cluster: str, output: str) -> None:
    """Propose and approve every draft of PACKAGE that waits."""

    async def doing(bench: Bench) -> list[str]:
        from lab.scenarios.revisions import approve

        return await approve(bench, package, cluster)

    names = act(existing(console), doing)
    if output == "json":
        console.json({"schema": "lab.approve/v1", "published": names})
        return
    for name in names:
        console.out(f"{name} published")
    console.say(f"\nFollow it: {pasteable(f'trace {package}')}")
