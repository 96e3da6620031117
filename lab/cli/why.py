"""`lab why`: why is this object here, or not here?"""

from __future__ import annotations

import click

from lab.cli.console import WIDTH, Console, wrap
from lab.cli.failures import runnable
from lab.cli.session import act, board, existing, output_option
from lab.errors.base import ExitCode, LabError
from lab.scenarios.bench import Bench
from lab.scenarios.reasons.verdict import Verdict
from lab.wiring.home import Home


@click.command("why")
@click.argument("subject")
@click.option("--on", "cluster", default="", help="The cluster; may be left out where there is one.")
@output_option
@click.pass_context
def command(ctx: click.Context, subject: str, cluster: str, output: str) -> None:
    """Say why SUBJECT (kind/name, kind/namespace/name, or a package) is on the cluster, or where it stopped."""
    console: Console = ctx.obj
    home = existing(console)
    chosen = cluster or the_cluster(home, subject)

    async def doing(bench: Bench) -> Verdict:
        from lab.scenarios.evidence import gather, resolve
        from lab.scenarios.why import decide

        bench.kube(chosen)
        found, _kind = await resolve(bench, subject, chosen)
        return decide(await gather(bench, found, chosen))

    verdict = act(home, doing)
    if output == "json":
        console.json(verdict.as_dict())
    else:
        console.out(runnable("\n".join(lines(verdict, console))))
    ctx.exit(int(ExitCode.YOURS if verdict.code else ExitCode.DONE))


def the_cluster(home: Home, subject: str) -> str:
    """The only workload cluster. Raises LabError LAB024 when there are several to choose from."""
    known = board(home).lab
    clusters = known.clusters if known else ()
    if len(clusters) == 1:
        return clusters[0]
    steps = [f"lab why {subject} --on {clusters[0]}"] if clusters else ["lab up"]
    raise LabError("LAB024", "Which cluster?", f"Here: {', '.join(clusters) or 'none'}.", steps)


def lines(verdict: Verdict, console: Console) -> list[str]:
    """The verdict for people: headline, facts, then the code with why and next."""
    result = [console.style(verdict.headline, "bold", console.stdout)]
    if verdict.facts:
        result.append("")
        widest = max(len(label) for label, _text in verdict.facts)
        for label, text in verdict.facts:
            first, *rest = wrap(text, WIDTH - widest - 5) or [""]
            result.append(f"  {label:<{widest}}   {first}")
            result += [f"  {'':<{widest}}   {line}" for line in rest]
    if verdict.code:
        from lab.errors.catalog import CATALOG

        result += ["", f"{console.style(verdict.code, 'bad', console.stdout)}  {CATALOG[verdict.code].title}."]
        first, *rest = wrap(verdict.why, WIDTH - 9) or [""]
        result.append(f"  Why    {first}")
        result += [f"         {line}" for line in rest]
        for index, step in enumerate(verdict.next_steps):
            result.append(f"  {'Next' if index == 0 else '    '}   {step}")
    return result
