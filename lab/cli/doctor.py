"""`lab doctor`: can this machine run the lab, and if not, what to type."""

from __future__ import annotations

import click

from lab.cli.console import Console
from lab.cli.failures import runnable
from lab.cli.session import output_option, wanted
from lab.errors.base import ExitCode


@click.command("doctor")
@output_option
@click.pass_context
def command(ctx: click.Context, output: str) -> None:
    """Check this machine for profile embedded; exit code 3 when it cannot run the lab."""
    from lab.wiring.machine import findings

    console: Console = ctx.obj
    spec, home = wanted(console)
    found = findings(spec, home)
    good = all(f.good or f.code in OPTIONAL for f in found)
    if output == "json":
        rows = [
            {"code": f.code, "check": f.check, "good": f.good, "seen": f.seen, "next": f.next_step or None}
            for f in found
        ]
        console.json({"schema": "lab.doctor/v1", "ok": good, "checks": rows})
    else:
        for f in found:
            mark = console.style("✓", "good", console.stdout) if f.good else console.style("✗", "bad", console.stdout)
            code = "" if f.good else f"  {f.code}"
            console.out(f"  {mark} {f.check}: {f.seen}{code}")
            if f.next_step:
                console.out(runnable(f"         {f.next_step}"))
        console.say("\nThis machine can run the lab." if good else "\nThis machine cannot run the lab yet.")
    ctx.exit(int(ExitCode.DONE if good else ExitCode.MACHINE))


OPTIONAL = frozenset({"LAB013", "LAB014", "LAB022", "LAB026"})
"""What is good to have and not needed to start."""
