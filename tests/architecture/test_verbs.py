"""Every verb answers for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from lab.cli.app import SHORT, VERBS, cli

PASS_ON = {"kubectl", "git"}
"""Their arguments, --help included, belong to the program behind them."""
SILENT = PASS_ON | {"completion", "test"}
"""Print what another program defines: kubectl, git, the shell, and pytest, which has JUnit for machines."""


def _commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(cli)
    for verb in VERBS:
        command = cli.get_command(context, verb)
        assert command is not None
        below = getattr(command, "commands", {})
        if not below:
            yield verb, command
        for name, inner in below.items():
            yield f"{verb} {name}", inner


COMMANDS = dict(_commands())


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_verb_has_help(verb: str) -> None:
    """A verb says in sentences what it does, and every option says what it is for."""
    command = COMMANDS[verb]

    assert re.search(r"[a-z]{3} .*[.)\w]$", (command.help or "").strip(), re.DOTALL), command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


@pytest.mark.parametrize("verb", [verb for verb in COMMANDS if verb not in SILENT])
def test_every_verb_that_reports_speaks_json(verb: str) -> None:
    """`-o json` gives one document on stdout."""
    outputs = [p for p in COMMANDS[verb].params if isinstance(p, click.Option) and "--output" in p.opts]

    assert [c for p in outputs for c in getattr(p.type, "choices", ()) if c == "json"] == ["json"]


def test_every_verb_is_listed_with_half_a_sentence() -> None:
    """`lab` alone lists every verb, and no verb twice."""
    assert sorted(VERBS) == sorted(SHORT)
    assert [verb for verb, text in SHORT.items() if len(f"  {verb:<11} {text}") > 80] == []
