"""`lab upgrade`: move flows to another revision of their blueprint."""

from __future__ import annotations

import click

from lab.cli.console import Console
from lab.cli.failures import command as pasteable
from lab.cli.session import act, existing, output_option
from lab.scenarios.bench import Bench


@click.command("upgrade")
@click.argument("package")
@click.argument("workspace")
@click.option("--on", "cluster", default="", help="Only this cluster.")
@output_option
@click.pass_obj
def command(console: Console, package: str, workspace: str, cluster: str, output: str) -> None:
    """Patch the PackageVariants of PACKAGE to the upstream WORKSPACE (v2); an upgrade draft follows."""

    async def doing(bench: Bench) -> list[str]:
        from lab.scenarios.revisions import upgrade

        return await upgrade(bench, package, workspace, cluster)

    names = act(existing(console), doing)
    if output == "json":
        console.json({"schema": "lab.upgrade/v1", "package": package, "workspace": workspace, "variants": names})
        return
    for name in names:
        console.out(f"packagevariant/{name} → {package} {workspace}")
    console.say(f"\nThe policy `initial` does not approve upgrades.\n  Next   {pasteable(f'approve {package}')}")
