"""`lab up`: make the lab, run its flows, and prove on the clusters themselves that the packages arrived."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from lab.cli.console import WIDTH, Console, wrap
from lab.cli.failures import command as pasteable
from lab.cli.session import act, output_option, wanted
from lab.errors.base import LabError
from lab.kit.files import quoted
from lab.model.spec import MANAGEMENT, LabSpec
from lab.wiring.home import Home
from lab.wiring.ports_file import PortsFile

PORT_ATTEMPTS = 3

if TYPE_CHECKING:
    from lab.model.trail import Trail
    from lab.scenarios.running import Ran


@click.command("up")
@click.option("--profile", default="", help="embedded (the default), kind, upstream, existing.")
@click.option("--no-flow", is_flag=True, help="Start the parts only.")
@output_option
@click.pass_obj
def command(console: Console, profile: str, no_flow: bool, output: str) -> None:
    """Make the lab and run its flows. Safe to repeat: it goes on where it stopped."""
    began = time.monotonic()
    spec, home = wanted(console, profile)
    if spec.profile != "embedded":
        why = "This version brings the profile `embedded`."
        raise LabError("LAB017", f"Profile `{spec.profile}` cannot run yet.", why, ["lab explain profiles", "lab up"])
    with home.lock():
        spec = _started(console, spec, home)
        if no_flow:
            _without_flow(console, home, output)
            return
        _flows(console, spec, home, output, began)


def _started(console: Console, spec: LabSpec, home: Home) -> LabSpec:
    """Start the lab's server; returns the spec with the ports that it listens on. Raises LabError.

    A port that was free when it was chosen may belong to another new lab a second later: then another is chosen. A port
    that was asked for, or that this lab had before, is never exchanged in silence.
    """
    ports = home.path / "ports.json"
    new = not ports.exists()
    for attempt in range(1, PORT_ATTEMPTS + 1):
        chosen = _with_ports(spec, home, console)
        _header(console, chosen)
        try:
            _start(console, chosen, home)
        except LabError as error:
            if error.code != "LAB010" or not new or attempt == PORT_ATTEMPTS:
                raise
            console.say(f"{error.what} Another lab took it meanwhile; choosing again.")
            ports.unlink()
        else:
            break
    return chosen


def _with_ports(spec: LabSpec, home: Home, console: Console) -> LabSpec:
    """The spec with the ports that the lab listens on. Raises LabError LAB010."""
    from dataclasses import replace

    from lab.wiring.processes import server_pid

    file = PortsFile(home.path / "ports.json")
    if server_pid(home) is not None:
        return replace(spec, api_port=file.wanted("api", spec.api_port), git_port=file.wanted("git", spec.git_port))
    api, api_taken = file.choose("api", spec.api_port)
    git, git_taken = file.choose("git", spec.git_port)
    for taken, chosen in ((api_taken, api), (git_taken, git)):
        if taken:
            console.say(f"Port {taken} is taken; the lab listens on {chosen}.")
    return replace(spec, api_port=api, git_port=git)


def _header(console: Console, spec: LabSpec) -> None:
    names = ", ".join([MANAGEMENT, *(c.name for c in spec.clusters)])
    head = f"lab {spec.name} · profile {spec.profile} (no Docker) · clusters {names}"
    console.say(console.style(head, "bold"))
    console.say(f"API https://127.0.0.1:{spec.api_port} · Git http://127.0.0.1:{spec.git_port}")
    console.say()


def _start(console: Console, spec: LabSpec, home: Home) -> None:
    """Have the server run with this spec; one that runs with another is stopped and started again, with its state."""
    from lab.wiring.launching import launch
    from lab.wiring.processes import end_server, server_pid
    from lab.wiring.spec_file import read_spec, write_spec

    running = server_pid(home) is not None
    if running and home.exists() and read_spec(home.spec) != spec:
        console.say("  lab.yaml has changed: the lab server starts again and keeps its state.")
        end_server(home)
        running = False
    write_spec(home.spec, spec)
    began = time.monotonic()
    with console.doing("the lab server starts"):
        launch(home, meanwhile=_prepare)
    _parts(console, home, None if running else time.monotonic() - began)


def _prepare() -> None:
    """Load what the flow needs while the server loads its own: there is another core."""
    importlib.import_module("lab.wiring.attach")
    importlib.import_module("lab.scenarios.running")
    importlib.import_module("aiohttp")


def _parts(console: Console, home: Home, took: float | None) -> None:
    from lab.cli.session import board

    known = board(home)
    for name, part in known.parts.items():
        console.tick(name, part.detail or part.state, took if name == MANAGEMENT else None)


def _without_flow(console: Console, home: Home, output: str) -> None:
    if output == "json":
        console.json({"schema": "lab.up/v1", "lab": home.name, "ok": True, "trails": []})
        return
    console.say(f"\nThe parts are up. Next: {pasteable('up')}")


def _flows(console: Console, spec: LabSpec, home: Home, output: str, began: float) -> None:
    from lab.scenarios.bench import Bench
    from lab.scenarios.running import run_flows

    async def doing(bench: Bench) -> Ran:
        return await run_flows(bench, lambda name, text, took: console.tick(name, text, took), console.waiting)

    ran = act(home, doing)
    _trails(console, ran.trails)
    for proof in ran.proofs:
        console.tick("proof", f"{proof.cluster} itself says: {', '.join(proof.namespaces)} Active; {proof.synced}")
    for warning in ran.warnings:
        for index, line in enumerate(wrap(warning, WIDTH - 6)):
            console.say(f"  {console.style('!', 'warn') if index == 0 else ' '} {line}")
    took = time.monotonic() - began
    if output == "json":
        trails = [t.as_dict() for t in ran.trails]
        left = [{"act": item.act, "name": item.name, "cluster": item.cluster} for item in ran.left]
        facts = {"lab": home.name, "ok": not ran.left, "took_s": round(took, 3), "trails": trails, "left": left}
        console.json({"schema": "lab.up/v1", **facts})
        return
    _what_next(console, spec, home, ran, took)


def _trails(console: Console, trails: Sequence[Trail]) -> None:
    from lab.cli.trace import row_of_marks

    for trail in trails:
        last = max((p.at for p in trail.passages.values() if p.at), default=trail.began)
        console.tick("flow", f"{trail.package} → {trail.cluster}", (last - trail.began).total_seconds())
        console.say(f"      {row_of_marks(trail, console)}")


def _what_next(console: Console, spec: LabSpec, home: Home, ran: Ran, took: float) -> None:
    console.say()
    if ran.left:
        console.say(f"The rest is yours (after {took:.1f}s):")
        for item in ran.left:
            if item.act == "approve":
                console.say(f"  {pasteable(f'approve {item.name} --on {item.cluster}')}")
                continue
            folder = home.manifests / item.cluster
            for name in ("configsync.yaml", "rootsync.yaml"):
                console.say(f"  {pasteable('kubectl')} --context={item.cluster} apply -f {quoted(folder / name)}")
    else:
        console.say(f"Up in {took:.1f}s.")
    first = spec.flows[0].package if spec.flows else ""
    console.say()
    console.say(f'  Look    eval "$({pasteable("env")})"')
    if spec.clusters:
        console.say(f"          kubectl --context={spec.clusters[0].name} get namespaces")
    console.say(f"          {pasteable('open')}")
    console.say(f"  Follow  {pasteable(f'trace {first}'.strip())}")
    console.say(f"  Ask     {pasteable('why namespace/openairinterface')}")
    console.say(f"  Remove  {pasteable('down')}")
    console.say("Real here: Git, packages, rendering, pulls. Stand-ins: API servers, Porch,")
    console.say(f"Config Sync; no container runs ({pasteable('explain embedded')}).")
    if _docker_answers():
        console.say(f"A Docker engine answers here: {pasteable('explain profiles')} tells what is on the way.")


def _docker_answers() -> bool:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect("/var/run/docker.sock")
        except OSError:
            return False
    return True
