"""`lab test`: pytest with the lab's defaults. Nothing is possible in one and not in the other."""

from __future__ import annotations

import importlib.util
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import click

from lab.cli.console import Console
from lab.errors.base import ExitCode, LabError

PLUGIN = "nephio_lab"
SCENARIOS = "scenarios"
_PYTEST_USAGE = 4


@click.command("test", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PATH]... [PYTEST OPTION]...")
@click.option(
    "-k", "expression", default="", metavar="WORDS", help="Only what matches: names, tags, `not`, `and`, `or`."
)
@click.option("-x", "stop", is_flag=True, help="Stop at the first failure.")
@click.option("-n", "workers", default="", metavar="NUMBER", help="Run in so many processes at once (pytest-xdist).")
@click.option("--junitxml", default="", metavar="FILE", help="Write a JUnit report: one test case a scenario.")
@click.option("--pdb", "debug", is_flag=True, help="Open the debugger where it fails.")
@click.option("--profile", default="", metavar="PROFILE", help="What to run on: embedded.")
@click.pass_obj
def command(
    console: Console,
    arguments: tuple[str, ...],
    expression: str,
    stop: bool,
    workers: str,
    junitxml: str,
    debug: bool,
    profile: str,
) -> int:
    """Run scenarios, and Python tests that use the fixture `lab`; without PATH those below ./scenarios.

    Every other option goes to pytest as it is.
    """
    _require("pytest", "pytest")
    if workers:
        _require("xdist", "pytest-xdist")
    paths = _paths(arguments)
    asked = _options(console, expression, stop, workers, junitxml, debug, profile)
    return _run([*asked, *arguments, *paths])


def _paths(arguments: Sequence[str]) -> list[str]:
    """`scenarios` where no path was given. Raises LabError LABT04 when there is none."""
    if any(_is_path(argument) for argument in arguments):
        return []
    if Path(SCENARIOS).is_dir():
        return [SCENARIOS]
    why = f"There is no folder ./{SCENARIOS} here, and no path was given."
    raise LabError("LABT04", "No scenario to run.", why, ["lab test PATH"])


def _is_path(argument: str) -> bool:
    return not argument.startswith("-") and Path(argument.partition("::")[0]).exists()


def _options(
    console: Console, expression: str, stop: bool, workers: str, junitxml: str, debug: bool, profile: str
) -> list[str]:
    asked = ["--tb=short", "-ra", *_plugin(), "--lab-exit-codes"]
    asked += ["-k", expression] if expression else []
    asked += ["-x"] if stop else []
    asked += ["-n", workers] if workers else []
    asked += [f"--junitxml={junitxml}"] if junitxml else []
    asked += ["--pdb"] if debug else []
    asked += [f"--lab-profile={profile}"] if profile else []
    asked += ["-q"] if console.quiet else ["-v"] if console.verbose else []
    asked += ["--color=no"] if console.plain else []
    return asked


def _plugin() -> list[str]:
    """How pytest finds the lab: by its entry point, or by the name of its door where the lab was not installed."""
    known = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    return [] if known else ["-p", PLUGIN]


def _run(arguments: list[str]) -> int:
    line = [sys.executable, "-m", "pytest", *arguments]
    try:
        code = subprocess.run(line, check=False).returncode
    except KeyboardInterrupt:
        # pytest has had the same signal and has told what was running.
        return int(ExitCode.INTERRUPTED)
    if code == ExitCode.NOTHING_MATCHED:
        why = f"{shlex.join(arguments)} selects nothing."
        raise LabError("LABT04", "No scenario matched.", why, ["lab test --collect-only"])
    # pytest itself says 4 to a wrong option, before any test; the plugin never does.
    return int(ExitCode.USAGE) if code == _PYTEST_USAGE else code


def _require(module: str, package: str) -> None:
    if importlib.util.find_spec(module) is None:
        what = f"{package} is not installed, and `lab test` needs it."
        raise LabError("LAB016", what, "", [f"{sys.executable} -m pip install 'nephio-lab[test]'"])
