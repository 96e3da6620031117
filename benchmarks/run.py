"""Every benchmark one after another, each in a process of its own; figures with their ratios to the bars.

python benchmarks/run.py [NAME ...]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bars import load

ORDER = ("up", "flow", "fleet")
"""kill_server.py and apiserver.py are run by themselves: the one is a test at length, the other measures requests."""


def main() -> int:
    wanted = sys.argv[1:] or ORDER
    worst = 0
    for name in wanted:
        print(f"{name} · {load()}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(Path(__file__).parent / f"{name}.py")]).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
