"""Build kube-apiserver, kube-controller-manager and etcd from their Go modules, for comparisons with the lab's own.

Usage: python tools/realapi/build.py [--jobs N]

The programs go to $XDG_CACHE_HOME/nephio-lab/realapi (by default under ~/.cache); nothing is written to the
repository. What is built already stays: a build that was interrupted goes on from Go's cache. Needs Go 1.24 or later.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
KUBERNETES = "v1.34.4"
ETCD = "v3.6.5"


@dataclass(frozen=True, slots=True)
class Program:
    """A program, the folder with the go.mod that pins it, its package, its version."""

    name: str
    folder: str
    package: str
    version: str

    @property
    def stamped(self) -> str:
        """Name and version, for people."""
        return f"{self.name} {self.version}"

    def link_flags(self) -> str:
        """Flags for the linker; Kubernetes tells a version only when it is given one."""
        base = "k8s.io/component-base/version."
        major, minor, _ = self.version.removeprefix("v").split(".")
        told = {"gitVersion": self.version, "gitMajor": major, "gitMinor": minor}
        return " ".join(["-s -w", *(f"-X {base}{key}={value}" for key, value in told.items())])


ETCD_SERVER = Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", ETCD)
API_SERVER = Program("kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", KUBERNETES)
CONTROLLERS = Program(
    "kube-controller-manager", "kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager", KUBERNETES
)
PROGRAMS = (ETCD_SERVER, API_SERVER, CONTROLLERS)


def cache() -> Path:
    """The folder of the built programs."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "nephio-lab" / "realapi"


def binary(program: Program) -> Path:
    """The file of a program, whether it is there or not."""
    # The name itself stays bare: a program signs its writes with it (metadata.managedFields).
    return cache() / program.version / program.name


def missing() -> list[Program]:
    """The programs that are still to be built."""
    return [program for program in PROGRAMS if not binary(program).exists()]


def stale(program: Program, environment: dict[str, str]) -> int:
    """How many packages Go still has to compile for a program."""
    command = ["go", "list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", program.package]
    listed = subprocess.run(
        command, cwd=HERE / program.folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return len(listed.stdout.split())


def build(program: Program, environment: dict[str, str]) -> None:
    """Compile one program, telling how far it is. Raises CalledProcessError when Go fails."""
    total = stale(program, environment)
    unfinished = binary(program).with_suffix(".new")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    command = ["go", "build", "-v", "-ldflags", program.link_flags(), "-o", str(unfinished), program.package]
    print(f"{program.stamped}: {total} packages to compile", flush=True)
    running = subprocess.Popen(command, cwd=HERE / program.folder, env=environment, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    for number, line in enumerate(running.stderr, start=1):
        print(f"  {min(number, total)}/{total} {line.strip()}", flush=True)
    if running.wait() != 0:
        raise subprocess.CalledProcessError(running.returncode, command)
    unfinished.replace(binary(program))


def main() -> int:
    """Build what is missing."""
    parser = argparse.ArgumentParser(description="Build the real API server and what it needs.")
    parser.add_argument("--jobs", type=int, default=1, help="processor cores to use (default 1)")
    jobs = parser.parse_args().jobs
    os.nice(15)
    environment = {**os.environ, "GOFLAGS": f"-p={jobs} -buildvcs=false -mod=readonly", "GOMAXPROCS": str(jobs)}
    for program in missing():
        try:
            build(program, environment)
        except (OSError, subprocess.CalledProcessError) as fault:
            print(f"{program.name} could not be built: {fault}", file=sys.stderr)
            return 1
    for program in PROGRAMS:
        print(binary(program))
    return 0


if __name__ == "__main__":
    sys.exit(main())
