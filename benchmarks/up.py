"""`lab up` once installed: seconds to the first line, to the end, and the memory of the lab server.

    python benchmarks/up.py [N]

Also `lab` alone and the loading of the server's modules, since both are most of it on a small machine.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bars import report

LAB = Path(sys.executable).parent / "lab"


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    firsts, ends, sizes = [], [], []
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="lab-up-") as folder:
            first, end, size = _up(Path(folder))
        firsts.append(first)
        ends.append(end)
        sizes.append(size)
    report("lab up, embedded, three flows", median(ends), "s", bar=5.0, goal=3.0)
    report("lab up, first line", median(firsts), "s", bar=0.3)
    report("lab server, two clusters", max(sizes), "MB", bar=130)
    report("lab alone", median(_timed([str(LAB)]) for _ in range(7)), "s", bar=0.150, goal=0.080)
    modules = [sys.executable, "-c", "import lab.server.__main__, lab.wiring.embedded"]
    report("loading the server's modules", median(_timed(modules) for _ in range(5)), "s")
    return 0


def _up(folder: Path) -> tuple[float, float, float]:
    began = time.perf_counter()
    running = subprocess.Popen([str(LAB), "up"], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert running.stderr is not None
    running.stderr.readline()
    first = time.perf_counter() - began
    words = running.stderr.read()
    if running.wait() != 0:
        raise SystemExit(words.decode())
    end = time.perf_counter() - began
    pid = json.loads((folder / ".lab" / "demo" / "server.json").read_text())["pid"]
    size = memory_of(pid)
    subprocess.run([str(LAB), "down"], cwd=folder, capture_output=True, check=True)
    return first, end, size


def memory_of(pid: int) -> float:
    """Resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def _timed(words: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(words, capture_output=True, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    os.environ.pop("LAB_HOME", None)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
