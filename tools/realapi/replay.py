"""Compare the embedded server with the goldens, print the share that is equal, and write docs/fidelity.md.

Usage: python tools/realapi/replay.py [CASE ...]     the page is written only for a run over all cases

The exit code is 1 when something differs that tests/conformance/differences.yaml does not know, or no longer does.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "conformance")]

from cases.catalog import CASES  # noqa: E402
from cases.compare import known_differences  # noqa: E402
from cases.embedded import replay  # noqa: E402
from cases.every import MODULES  # noqa: E402
from cases.verdict import DIFFERENCES, PAGE, SIXTY, judge, page, share  # noqa: E402

assert MODULES


def main() -> int:
    """Replay the cases named on the command line, or all."""
    names = sys.argv[1:] or list(CASES)
    known = known_differences(DIFFERENCES)
    faults = 0
    for name in names:
        verdict = judge(name, replay(CASES[name]), known)
        for difference in verdict.unknown:
            print(f"{name}: {difference}")
        for entry in verdict.outdated:
            print(f"{name}: no longer different: {entry.step}: {entry.path}")
        faults += bool(verdict.unknown or verdict.outdated)
    sixty = [case for case in CASES.values() if case.group in SIXTY]
    print(f"{len(names) - faults} of {len(names)} cases as expected")
    print(f"Equal without exception: {share(list(CASES.values()), known)} of {len(CASES)} cases,", end=" ")
    print(f"{share(sixty, known)} of the {len(sixty)} in groups A to I")
    if len(names) == len(CASES) and not faults:
        PAGE.write_text(page())
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
