"""`lab apply`: files, as kubectl applies them, to the management cluster or another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lab.cli.console import Console
from lab.cli.session import act, existing, output_option
from lab.errors.base import LabError
from lab.errors.people_files import parse_all, read_text
from lab.kube.applying import AppliedObject
from lab.model.spec import MANAGEMENT
from lab.scenarios.bench import Bench


@click.command("apply")
@click.argument("files", nargs=-1, required=True)
@click.option("--on", "cluster", default=MANAGEMENT, show_default=True, help="The cluster.")
@output_option
@click.pass_obj
def command(console: Console, files: tuple[str, ...], cluster: str, output: str) -> None:
    """Apply FILES (or `-`) to a cluster; every file is read and checked before the first object is sent."""
    texts = [checked(name, sys.stdin.read() if name == "-" else read_text(Path(name))) for name in files]

    async def doing(bench: Bench) -> list[AppliedObject]:
        from lab.scenarios.flow import apply_text

        return [applied for text in texts for applied in await apply_text(bench, cluster, text)]

    results = act(existing(console), doing)
    if output == "json":
        objects = [
            {"kind": a.kind, "name": a.name, "namespace": a.namespace, "action": a.action, "warnings": list(a.warnings)}
            for a in results
        ]
        console.json({"schema": "lab.apply/v1", "cluster": cluster, "objects": objects})
        return
    for applied in results:
        for warning in applied.warnings:
            console.complain(f"Warning: {warning}")
        console.out(str(applied))


def checked(name: str, text: str) -> str:
    """The text when each of its documents looks like a Kubernetes object. Raises LabError LAB001 or LAB003."""
    documents = parse_all(text, name)
    if not documents:
        raise LabError("LAB003", f'"{name}" holds no object.')
    for document in documents:
        data = document.data
        if not isinstance(data, dict):
            raise LabError("LAB003", f'"{name}" holds a document that is no object.', place=document.place())
        for field in ("apiVersion", "kind", "metadata"):
            if not data.get(field):
                raise LabError("LAB003", f'An object in "{name}" has no `{field}`.', place=document.place())
    return text
