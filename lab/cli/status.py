"""`lab status`: what is up, what is real, and where every package stands."""

from __future__ import annotations

from typing import Any

import click

from lab.cli.console import Console, table
from lab.cli.failures import command as pasteable
from lab.cli.session import board, existing, output_option
from lab.cli.trace import row_of_marks
from lab.errors.base import ExitCode
from lab.events.board import Board
from lab.model.stage import Stage
from lab.wiring.home import Home
from lab.wiring.parts import Part, parts_of
from lab.wiring.processes import server_answers


@click.command("status")
@output_option
@click.pass_context
def command(ctx: click.Context, output: str) -> None:
    """Say what is up, what is real, and where each package stands; exit code 1 while something is not ready."""
    console: Console = ctx.obj
    home = existing(console)
    known = board(home)
    up = server_answers(home)
    parts = parts_of(known, up=up)
    ready = up and all(t.finished for t in known.current_trails()) and all(p.state in ("up", "manual") for p in parts)
    if output == "json":
        console.json(document(home, known, parts, ready))
    else:
        _print(console, home, known, parts, up)
    ctx.exit(int(ExitCode.DONE if ready else ExitCode.YOURS))


def document(home: Home, known: Board, parts: list[Part], ready: bool) -> dict[str, Any]:
    """The status as JSON data."""
    return {
        "schema": "lab.status/v1",
        "lab": home.name,
        "profile": known.lab.profile if known.lab else None,
        "ok": ready,
        "kubeconfig": str(home.kubeconfig),
        "parts": [p.as_dict() for p in parts],
        "trails": [t.as_dict() for t in known.current_trails()],
        "warnings": [
            {"code": note.event.data().get("code"), "message": note.event.data().get("message")}
            for note in known.noted
            if type(note.event).__name__ == "Warned"
        ],
    }


def _print(console: Console, home: Home, known: Board, parts: list[Part], up: bool) -> None:
    profile = known.lab.profile if known.lab else "?"
    console.out(f"lab {home.name} · profile {profile} · {'up' if up else 'down: lab up starts it again'}")
    console.out()
    rows = [(p.name, p.where, p.purpose, p.shown_state, p.fidelity) for p in parts]
    for line in table(rows, header=("component", "where", "purpose", "state", "fidelity")):
        console.out(line)
    trails = known.current_trails()
    if trails:
        console.out()
    for trail in trails:
        stage = trail.stands_at
        detail = "" if stage is None else f"  ← {trail.passage(stage).code or 'waiting'}"
        console.out(f"  {trail.package} → {trail.cluster or trail.repository}{detail}")
        console.out(f"    {row_of_marks(trail, console)}")
    drift = [n for n in known.noted if type(n.event).__name__ == "DriftCorrected"]
    if drift:
        console.out()
        console.out(f"  {len(drift)} change{'s' if len(drift) > 1 else ''} by hand put back; lab logs tells which.")
    first = next((t for t in trails if t.stands_at is not None), None)
    if first is not None:
        verb = "approve" if first.stands_at is Stage.APPROVE else "why"
        console.say(f"\n  Next   {pasteable(f'{verb} {first.package} --on {first.cluster}')}")
