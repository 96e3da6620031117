"""`lab trace`: one package on its way through the nine stages."""

from __future__ import annotations

import click

from lab.cli.console import WIDTH, Console, table, wrap
from lab.cli.session import board, existing, output_option
from lab.errors.base import LabError
from lab.events.board import Board
from lab.model.stage import LAST_OF_MANAGEMENT, ORDER, THE_LINE, Stage
from lab.model.trail import State, Trail

_MARKS = {State.DONE: "✓", State.FAILED: "✗", State.WAITING: "◔", State.PENDING: "·"}
_KINDS = {State.DONE: "good", State.FAILED: "bad", State.WAITING: "warn", State.PENDING: "dim"}


@click.command("trace")
@click.argument("package", required=False)
@click.option("--on", "cluster", default="", help="The cluster, where the package goes to several.")
@click.option("--mermaid", is_flag=True, help="The trail as a Mermaid sequence diagram.")
@output_option
@click.pass_obj
def command(console: Console, package: str | None, cluster: str, mermaid: bool, output: str) -> None:
    """Follow one package through the nine stages; without PACKAGE, every newest trail."""
    home = existing(console)
    found = chosen(board(home), package or "", cluster)
    if output == "json":
        console.json({"schema": "lab.trace/v1", "lab": home.name, "trails": [t.as_dict() for t in found]})
    elif mermaid:
        console.out("\n".join(diagram(found[-1])))
    else:
        for index, trail in enumerate(found):
            if index:
                console.out()
            for line in lines(trail, console):
                console.out(line)


def chosen(board: Board, package: str, cluster: str) -> list[Trail]:
    """The newest trails of a package (all packages when empty). Raises LabError LAB025."""
    found = [t for t in board.current_trails() if package in ("", t.package) and cluster in ("", t.cluster)]
    if not found:
        known = ", ".join(sorted({f"{t.package} → {t.cluster}" for t in board.trails})) or "none"
        what = f'No trail of "{package}" is known.' if package else "No trail has begun."
        raise LabError("LAB025", what, f"Known: {known}.", ["lab status"])
    return found


def lines(trail: Trail, console: Console) -> list[str]:
    """The trail as a table with the line nobody pushes across."""
    head = f"{trail.package} → {trail.cluster or trail.repository} · trail {trail.number}"
    last = max((p.at for s in ORDER if (p := trail.passage(s)).state is State.DONE and p.at), default=None)
    if trail.finished and last is not None:
        head += f" · {(last - trail.began).total_seconds():.1f}s"
    if trail.superseded_by and not trail.finished:
        head += f" · superseded by trail {trail.superseded_by}"
    result = [console.style(head, "bold", console.stdout), ""]
    rows = [_row(trail, stage) for stage in ORDER]
    drawn = table(rows, header=("", "stage", "at", "took", "who", "what"), indent=1)
    result += _with_line(drawn, console)
    slowest = _slowest(trail)
    if slowest:
        result += ["", *wrap(slowest, WIDTH)]
    return result


def row_of_marks(trail: Trail, console: Console) -> str:
    """The nine stages in one line of 71 columns: `✓context ✓variant … ✓commit ┊ ✓pull …`."""
    parts = []
    for stage in ORDER:
        state = trail.passage(stage).state
        parts.append(f"{console.style(_MARKS[state], _KINDS[state])}{stage}")
        if stage is LAST_OF_MANAGEMENT:
            parts.append(console.style("┊", "line"))
    return " ".join(parts)


def diagram(trail: Trail) -> list[str]:
    """Mermaid text of the trail."""
    who = {"you": "You", "orchestrator": "Orchestrator", "policy": "Orchestrator"}
    drawn = ["sequenceDiagram", "  participant You", "  participant Orchestrator", "  participant Git"]
    drawn.append(f"  participant Cluster as {trail.cluster or trail.repository}")
    for stage in ORDER:
        passage = trail.passage(stage)
        if passage.state is State.PENDING:
            continue
        text = f"{stage.number} {stage}: {passage.text}".replace(";", ",").replace("#", "")
        actor = who.get(passage.who, "Cluster")
        target = {Stage.COMMIT: "Git", Stage.PULL: "Git", Stage.CONTEXT: "Orchestrator", Stage.VARIANT: "Orchestrator"}
        arrow = "-x" if passage.state is State.FAILED else "->>"
        drawn.append(f"  {actor}{arrow}{target.get(stage, actor)}: {text}")
        if stage is LAST_OF_MANAGEMENT:
            drawn.append(f"  Note over Git,Cluster: {THE_LINE}")
    return drawn


def _row(trail: Trail, stage: Stage) -> tuple[str, str, str, str, str, str]:
    passage = trail.passage(stage)
    took = trail.took(stage)
    at = f"+{(passage.at - trail.began).total_seconds():.1f}s" if passage.at else ""
    if passage.at and passage.at < trail.began:
        at = "before"
    text = f"{passage.code}  {passage.text}" if passage.code else passage.text
    if passage.state is State.PENDING and stage is trail.stands_at:
        text = f"waits for {stage.actor}"
    shown = f"{took:.1f}s" if took is not None and at != "before" else ""
    return (f"{stage.number} {_MARKS[passage.state]}", str(stage), at, shown, passage.who, text)


def _with_line(drawn: list[str], console: Console) -> list[str]:
    """Put the line behind `commit`, before the row of `pull`."""
    crossing = f"   ┄┄┄┄┄ {THE_LINE} ┄┄┄┄┄"
    for index, line in enumerate(drawn):
        if line.lstrip().startswith(f"{Stage.PULL.number} "):
            return [*drawn[:index], console.style(crossing, "line", console.stdout), *drawn[index:]]
    return drawn


def _slowest(trail: Trail) -> str:
    if not trail.finished:
        return ""
    spans = {s: took for s in ORDER if (took := trail.took(s)) is not None and s is not Stage.CONTEXT}
    total = sum(spans.values())
    stage = max(spans, key=lambda s: spans[s])
    if total < 0.05:
        return ""
    tail = ": the cluster asks once a period (agent.period in lab.yaml)" if stage is Stage.PULL else ""
    return f"Slowest: {stage}, {100 * spans[stage] / total:.0f}% of the time{tail}."
