"""`lab version`."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import click

from lab.cli.console import Console
from lab.cli.session import output_option

KUBERNETES = "1.34"


@click.command("version")
@output_option
@click.pass_obj
def command(console: Console, output: str) -> None:
    """Say the versions of the lab, of Python and of the Kubernetes API that the embedded clusters speak."""
    try:
        own = version("nephio-lab")
    except PackageNotFoundError:
        own = "unknown: not installed as a package"
    if output == "json":
        facts = {"lab": own, "python": platform.python_version(), "kubernetes": KUBERNETES}
        console.json({"schema": "lab.version/v1", **facts})
        return
    console.out(f"lab {own} · Python {platform.python_version()} · Kubernetes API {KUBERNETES}")
