"""Write what a real kube-apiserver answers to the conformance cases into tests/conformance/goldens.

Usage: python tools/realapi/record.py [CASE ...]     after python tools/realapi/build.py

Without names every case is recorded. Then run python tools/realapi/replay.py: it compares the embedded server and
writes docs/fidelity.md.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "conformance")]

import build  # noqa: E402
from cases.catalog import CASES, run  # noqa: E402
from cases.every import MODULES  # noqa: E402
from cases.session import Session  # noqa: E402
from remote import client_session, transports  # noqa: E402
from servers import COMPACTION_SECONDS, Real, real_server  # noqa: E402

GOLDENS = ROOT / "tests" / "conformance" / "goldens"
assert MODULES


def write(name: str, steps: list[dict[str, object]]) -> None:
    """Replace one golden."""
    GOLDENS.mkdir(exist_ok=True)
    document = {"case": name, "kubernetes": build.KUBERNETES, "etcd": build.ETCD, "steps": steps}
    unfinished = GOLDENS / f".{name}.new"
    unfinished.write_text(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    unfinished.replace(GOLDENS / f"{name}.json")


async def record(real: Real, names: list[str]) -> list[str]:
    """Run cases one after the other; gives those that failed."""
    failed = []
    async with client_session(real) as session:
        admin, anybody = transports(session, real)
        for name in names:
            made = Session(name, admin, anybody, 4.0 * COMPACTION_SECONDS)
            try:
                await run(CASES[name], made)
            except Exception as fault:
                failed.append(name)
                print(f"{name}: failed after {len(made.steps)} steps: {fault!r}", file=sys.stderr, flush=True)
                continue
            write(name, made.steps)
            print(f"{name}: {len(made.steps)} steps", flush=True)
    return failed


def main() -> int:
    """Record the cases named on the command line, or all."""
    names = sys.argv[1:] or list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        print(f"No such case: {', '.join(unknown)}", file=sys.stderr)
        return 2
    try:
        with real_server() as real:
            failed = asyncio.run(record(real, names))
    except RuntimeError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
