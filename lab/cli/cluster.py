"""`lab cluster`: workload clusters come and go; bootstrap is two applies on the cluster itself."""

from __future__ import annotations

import click

from lab.cli.console import Console, table
from lab.cli.failures import command as pasteable
from lab.cli.session import act, board, existing, output_option
from lab.errors.base import LabError
from lab.kit.files import quoted
from lab.model.names import LONGEST_CLUSTER, label_fault
from lab.model.spec import MANAGEMENT, ClusterSpec
from lab.scenarios.bench import Bench


@click.group("cluster")
def command() -> None:
    """Add, bootstrap, list or remove workload clusters."""


@command.command("list")
@output_option
@click.pass_obj
def list_clusters(console: Console, output: str) -> None:
    """List the clusters with their context and agent."""
    home = existing(console)
    known = board(home)

    async def doing(bench: Bench) -> list[tuple[str, str]]:
        return [(name, access.server) for name, access in bench.clusters.items()]

    servers = act(home, doing)
    rows = []
    for name, server in servers:
        context = known.contexts.get(name)
        agent = "" if name == MANAGEMENT else "runs" if known.agents.get(name) else "none: nothing pulls"
        rows.append(
            {"name": name, "site": context.facts.get("site", "") if context else "", "agent": agent, "server": server}
        )
    if output == "json":
        console.json({"schema": "lab.clusters/v1", "clusters": rows})
        return
    cells = [(r["name"], r["site"] or "-", r["agent"] or "-", r["server"]) for r in rows]
    for line in table(cells, header=("name", "site", "agent", "server"), indent=0):
        console.out(line)


@command.command("add")
@click.argument("name")
@click.option("--site", default="", help="Site code, metadata only.")
@click.option("--cni", "cnis", multiple=True, help="A CNI that the cluster offers, metadata only.")
@click.option("--flows/--no-flows", default=True, help="Bring the lab's packages to it.")
@click.option("--bootstrap/--no-bootstrap", "bootstrapped", default=True, help="Run the two applies.")
@output_option
@click.pass_obj
def add(
    console: Console, name: str, site: str, cnis: tuple[str, ...], flows: bool, bootstrapped: bool, output: str
) -> None:
    """Make a workload cluster NAME, its deployment repository and ClusterContext, and run the flows for it."""
    fault = label_fault(name, LONGEST_CLUSTER) or ("is the management cluster's name" if name == MANAGEMENT else "")
    if fault:
        raise LabError("LAB004", f'"{name}" is no name for a cluster.', f"It {fault}.")
    home = existing(console)
    spec = ClusterSpec(name, site, cnis)

    async def doing(bench: Bench) -> None:
        from lab.scenarios.growing import add_cluster

        with home.lock():
            await add_cluster(bench, spec, flows=flows, bootstrapped=bootstrapped, progress=console.waiting)

    act(home, doing)
    if output == "json":
        console.json({"schema": "lab.cluster.add/v1", "cluster": name})
        return
    console.out(f"cluster/{name} added")
    if not bootstrapped:
        console.say(f"Nothing pulls on {name} yet.\n  Next   {pasteable(f'cluster bootstrap {name}')}")


@command.command("bootstrap")
@click.argument("name")
@click.option("--show", is_flag=True, help="Only write the two files and say what to type.")
@output_option
@click.pass_obj
def bootstrap(console: Console, name: str, show: bool, output: str) -> None:
    """Install the agent on NAME: kubectl apply -f configsync.yaml, then -f rootsync.yaml, both on NAME itself."""

    async def doing(bench: Bench) -> tuple[list[str], list[str]]:
        from lab.scenarios import flow

        bench.kube(name)
        paths = await flow.write_bootstrap_files(bench, name)
        return paths, [] if show else [str(a) for a in await flow.bootstrap(bench, name)]

    paths, applied = act(existing(console), doing)
    if output == "json":
        console.json({"schema": "lab.cluster.bootstrap/v1", "cluster": name, "files": paths, "applied": applied})
        return
    for path in paths:
        line = f"--context={name} apply -f {quoted(path)}"
        console.say(f"  Next   {pasteable(f'kubectl {line}')}" if show else f"Ran: kubectl {line}")
    for line in applied:
        console.out(line)


@command.command("remove")
@click.argument("name")
@output_option
@click.pass_obj
def remove(console: Console, name: str, output: str) -> None:
    """Remove the workload cluster NAME with its variants, ClusterContext and Repository; its Git history stays."""
    home = existing(console)

    async def doing(bench: Bench) -> list[str]:
        from lab.scenarios.growing import remove_cluster

        with home.lock():
            return await remove_cluster(bench, name)

    gone = act(home, doing)
    if output == "json":
        console.json({"schema": "lab.cluster.remove/v1", "cluster": name, "removed": gone})
        return
    for line in gone:
        console.out(f"{line} removed")
