"""`lab`: the verbs in the order of use, what every verb shares, and how errors leave.

Nothing heavy is imported before a verb needs it: `lab` alone must answer at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Everyday", ("up", "status", "trace", "why", "test", "open", "down")),
    ("Change", ("apply", "approve", "publish", "upgrade", "cluster")),
    ("Look closer", ("logs", "replay", "explain", "doctor", "kubectl", "git", "env")),
    ("This program", ("version", "completion")),
)
VERBS = tuple(verb for _title, verbs in GROUPS for verb in verbs)
SHORT = {
    "up": "make the lab and run its flows; safe to repeat",
    "status": "what is up, what is real, where each package stands",
    "trace": "follow one package through the nine stages",
    "why": "why is this object here, or not here?",
    "test": "run scenarios",
    "open": "the page in the browser: the picture, alive",
    "down": "remove everything that this lab made",
    "apply": "apply files, as kubectl does, to the management cluster or another",
    "approve": "propose and approve a draft",
    "publish": "make a new revision of a blueprint",
    "upgrade": "move flows to another revision of their blueprint",
    "cluster": "add, bootstrap, list or remove workload clusters",
    "logs": "one timeline from all parts",
    "replay": "the page over a journal file, with a time bar; no lab needed",
    "explain": "a code, a stage, a kind or a question",
    "doctor": "check this machine",
    "kubectl": "the real kubectl, on the lab's clusters",
    "git": "the real git, with the lab's repositories and its token",
    "env": 'settings for a shell: eval "$(lab env)"',
    "version": "versions of the lab and of what it speaks",
    "completion": "completion for bash, zsh or fish",
}


class Verbs(click.Group):
    """Loads a verb's module when the verb is called, and lists verbs in the order of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The verb's command from `lab.cli.NAME`."""
        if name not in VERBS:
            return None
        module = importlib.import_module(f"lab.cli.{'testing' if name == 'test' else name}")
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"lab.cli.{name} has no command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown verb is answered with the nearest one."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from lab.errors.people_files import nearest

            near = nearest(args[0], VERBS)
            hint = f' Did you mean "lab {near}"?' if near else " `lab` alone lists the verbs."
            raise click.UsageError(f'There is no verb "{args[0]}".{hint}', ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The page that `lab` alone prints."""
        formatter.write("lab: a change on its way from Nephio to a cluster, on this machine\n\n")
        for title, verbs in GROUPS:
            formatter.write(f"{title}\n")
            for verb in verbs:
                formatter.write(f"  {verb:<11} {SHORT[verb]}\n")
            formatter.write("\n")
        formatter.write("Start with: lab up      Every verb has --help; -o json where it reports.\n")


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lab", "name", metavar="NAME", help="Which lab, where lab.yaml names another.")
@click.option("-q", "--quiet", is_flag=True, help="Say less.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("--plain", is_flag=True, help="No color, no moving lines.")
@click.pass_context
def cli(ctx: click.Context, name: str | None, quiet: bool, verbose: bool, plain: bool) -> None:
    """The lab."""
    from lab.cli.console import Console

    ctx.obj = Console(
        plain=plain,
        quiet=quiet,
        verbose=verbose,
        lab=name or os.environ.get("LAB_NAME", ""),
    )
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(args: Sequence[str] | None = None) -> None:
    """The entry point: run a verb and leave with the exit code that says who must act."""
    sys.exit(run(args))


def run(args: Sequence[str] | None = None) -> int:
    """Run a verb; returns the exit code. Every error is told in the lab's form, a bug keeps its traceback in a file."""
    try:
        result = cli.main(args=list(args) if args is not None else None, prog_name=_program(), standalone_mode=False)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        from lab.cli.failures import interrupted

        return interrupted()
    except BrokenPipeError:
        # The reader of our output has gone away, as in `lab status | head`: nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        from lab.cli.failures import tell

        return tell(error, sys.argv[1:] if args is None else list(args))
    return result if isinstance(result, int) else 0


def _program() -> str:
    name = os.path.basename(sys.argv[0] if sys.argv else "lab")  # noqa: PTH119 - pathlib costs more than this verb
    return name if name in ("lab", "nephio-lab") else "lab"
