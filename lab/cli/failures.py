"""How errors leave: in the lab's form, on stderr, with the exit code that says who must act; never as a traceback."""

from __future__ import annotations

import errno
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from lab.errors.base import ExitCode, LabError
from lab.kit.files import write_atomic


def tell(error: BaseException, args: Sequence[str]) -> int:
    """Say what happened and return the exit code; with `-o json` among the arguments the error is JSON on stdout."""
    told = _as_lab_error(_innermost(error), args)
    if _wants_json(args):
        import orjson

        print(orjson.dumps(told.as_dict(), option=orjson.OPT_INDENT_2).decode(), file=sys.stdout)  # noqa: T201
    else:
        print(runnable(told.as_text()), file=sys.stderr)  # noqa: T201
    return int(told.exit_code)


def interrupted() -> int:
    """Ctrl-C: what is done is kept."""
    print(f"\nInterrupted. What is done is kept: {command('up')} goes on from here.", file=sys.stderr)  # noqa: T201
    return int(ExitCode.INTERRUPTED)


def command(verb: str) -> str:
    """A line that works when pasted: `lab …` where lab is on PATH, otherwise with the path of this program."""
    return f"{_program()} {verb}"


def runnable(text: str) -> str:
    """`text` with each line of advice that begins with `lab ` made to work when pasted."""
    program = _program()
    if program == "lab":
        return text
    lines = []
    for line in text.splitlines():
        head, advice = line[:9], line[9:]
        lines.append(
            head + program + advice[3:] if head.strip() in ("", "Next") and advice.startswith("lab ") else line
        )
    return "\n".join(lines)


def _program() -> str:
    import shutil

    found = shutil.which("lab")
    own = Path(sys.argv[0]).resolve() if sys.argv and sys.argv[0] else None
    if found and own and Path(found).resolve() == own:
        return "lab"
    if own is None or not own.exists() or own.name not in ("lab", "nephio-lab"):
        return f"{shlex.quote(sys.executable)} -m lab"
    shown = Path(sys.argv[0])
    try:
        shown = own.relative_to(Path.cwd())
    except ValueError:
        shown = own
    return shlex.quote(str(shown))


def _wants_json(args: Sequence[str]) -> bool:
    if "-ojson" in args or "--output=json" in args:
        return True
    return any(flag in ("-o", "--output") and value == "json" for flag, value in pairwise(args))


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _as_lab_error(error: BaseException, args: Sequence[str]) -> LabError:
    if isinstance(error, LabError):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return LabError("LAB012", "No space left on the disk.", str(error), ["df -h ."])
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        return LabError("LAB011", "A file of the lab cannot be written.", why, ["ls -ld . .lab"])
    if type(error).__name__ == "KubeError":
        return LabError("LAB034", "The API refused a request.", str(error))
    if isinstance(error, ConnectionError):
        return LabError("LAB022", "The lab server does not answer.", str(error), ["lab up"])
    return LabError("LAB099", f"A bug of the lab: {type(error).__name__}: {error}", kept=_keep(error, args))


def _keep(error: BaseException, args: Sequence[str]) -> str:
    folder = Path(os.environ.get("LAB_HOME", ".lab"))
    path = folder / f"bug-{os.getpid()}.txt"
    text = f"lab {shlex.join(args)}\n\n" + "".join(traceback.format_exception(error))
    try:
        write_atomic(path, text)
    except OSError:
        return "nowhere: the folder cannot be written"
    return str(path)
