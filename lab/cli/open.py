"""`lab open`: the page, the document's picture alive, in the browser."""

from __future__ import annotations

import getpass
import os
import platform
import socket
import sys
import webbrowser
from urllib.parse import urlsplit

import click

from lab.cli.console import Console
from lab.cli.session import existing, output_option
from lab.errors.base import LabError
from lab.wiring.processes import server_answers


@click.command("open")
@click.option("--print", "only_print", is_flag=True, help="Print the address, start no browser.")
@output_option
@click.pass_obj
def command(console: Console, only_print: bool, output: str) -> None:
    """Open the lab's page in the browser; the address holds its key, so it is for you alone."""
    home = existing(console)
    facts = home.read_server() if server_answers(home) else None
    if facts is None:
        raise LabError("LAB022", f"The server of lab {home.name} does not answer.", "", ["lab up"])
    url = str(facts.get("page_url", ""))
    if not url:
        raise LabError("LAB022", "The lab server has no page.", "An older lab started it.", ["lab down", "lab up"])
    show(console, url, output, start=not only_print)


def show(console: Console, url: str, output: str, *, start: bool = True) -> None:
    """Tell the address, how to reach it from another machine, and start a browser where there is a display."""
    over_ssh = bool(os.environ.get("SSH_CONNECTION"))
    if output == "json":
        console.json({"schema": "lab.open/v1", "url": url, "tunnel": tunnel(url) if over_ssh else None})
        return
    console.out(url)
    if over_ssh:
        console.say("You are here over SSH. On your own machine type this, then open the address there:")
        console.say(f"  {tunnel(url)}")
    elif start and has_display():
        webbrowser.open(url)


def tunnel(url: str) -> str:
    """The line that brings the page's port to another machine."""
    port = urlsplit(url).port
    server = (os.environ.get("SSH_CONNECTION", "").split() + [""] * 3)[2] or socket.gethostname()
    return f"ssh -N -L {port}:127.0.0.1:{port} {getpass.getuser()}@{server}"


def has_display() -> bool:
    """True where a window can be opened and a person sits in front of it."""
    if "CI" in os.environ or not sys.stderr.isatty():
        return False
    if platform.system() in ("Darwin", "Windows"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
