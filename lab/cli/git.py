"""`lab git`: the real git, with the lab's repositories by name and the lab's token for pushing."""

from __future__ import annotations

import base64
import os
import subprocess

import click

from lab.cli.console import Console
from lab.cli.session import existing
from lab.errors.base import LabError
from lab.wiring.home import Home
from lab.wiring.tools import git

READERS = ("log", "show", "ls-tree", "diff", "branch", "tag", "ls-remote")
"""Verbs that, with a repository's name behind them, read that repository without a clone."""


@click.command("git", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run git: `lab git clone nephio-my-ran`, `lab git log nephio-my-ran`; pushes carry the lab's token."""
    console: Console = ctx.obj
    home = existing(console)
    facts = home.read_server()
    if facts is None:
        raise LabError("LAB022", "The lab server does not answer.", "Git is served by it.", ["lab up"])
    url = str(facts["git_url"])
    words = resolved(list(arguments), home, url)
    environment = {**os.environ, **credentials(url, str(facts["git_user"]), str(facts["git_token"]))}
    done = subprocess.run([git(), *words], env=environment, check=False)
    ctx.exit(done.returncode)


def resolved(words: list[str], home: Home, url: str) -> list[str]:
    """The words with a repository's name replaced by its URL, or by its folder for verbs that read."""
    if len(words) < 2:
        return words
    verb, *rest = words
    result = [verb]
    for word in rest:
        folder = home.path / "git" / "nephio" / f"{word}.git"
        if word.startswith("-") or "/" in word or not folder.is_dir():
            result.append(word)
        elif verb in READERS and verb != "ls-remote":
            result.insert(0, f"--git-dir={folder}")
        else:
            result.append(f"{url}/nephio/{word}.git")
    return result


def credentials(url: str, user: str, token: str) -> dict[str, str]:
    """Environment that makes git send the token to the lab's host and to no other; nothing is written to a file."""
    basic = base64.b64encode(f"{user}:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{url}/.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        "GIT_TERMINAL_PROMPT": "0",
    }
