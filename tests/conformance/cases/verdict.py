"""Goldens against the embedded server: what differs, what of it is known, and the page that says so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cases.catalog import CASES, GROUPS, Case
from cases.compare import Difference, Known, differences, known_differences

HERE = Path(__file__).resolve().parent.parent
GOLDENS = HERE / "goldens"
DIFFERENCES = HERE / "differences.yaml"
PAGE = HERE.parents[1] / "docs" / "fidelity.md"
SIXTY = "ABCDEFGHI"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One case: differences that nobody knows of, and entries that no longer hold."""

    unknown: tuple[Difference, ...]
    outdated: tuple[Known, ...]


def golden(name: str) -> dict[str, Any]:
    """What the real server answered. Raises FileNotFoundError."""
    document: dict[str, Any] = json.loads((GOLDENS / f"{name}.json").read_text())
    return document


def judge(name: str, steps: Sequence[dict[str, Any]], known: Sequence[Known]) -> Verdict:
    """Compare a replay with the golden."""
    mine = [entry for entry in known if entry.case == name]
    seen = differences(golden(name)["steps"], json.loads(json.dumps(steps)))
    unknown = tuple(each for each in seen if not any(entry.covers(name, each) for entry in mine))
    outdated = tuple(entry for entry in mine if not any(entry.covers(name, each) for each in seen))
    return Verdict(unknown, outdated)


def page() -> str:
    """docs/fidelity.md, from the goldens and the known differences alone."""
    known = known_differences(DIFFERENCES)
    goldens = {name: golden(name) for name in CASES}
    version = next(iter(goldens.values()))["kubernetes"]
    lines = [
        "<!-- Made by tools/realapi/replay.py from tests/conformance/goldens and differences.yaml. -->",
        "",
        "# How close the embedded API server is to the real one",
        "",
        f"kube-apiserver {version} has answered the requests of {len(CASES)} cases; its replies are in",
        "`tests/conformance/goldens`. Every test run sends the same requests to the embedded server and compares",
        "codes, headers and whole bodies, managed fields included. Only uids, versions, times, ages, addresses, tokens",
        "and names that a server makes up are replaced before, the same value by the same placeholder; column",
        "descriptions and the order of managed fields are left out. A difference that is not listed below fails the",
        "test run; so does a listed one that has gone.",
        "",
        "| Group | Cases | Equal | Replies | Equal |",
        "|---|---|---|---|---|",
    ]
    for group, title in GROUPS.items():
        members = [case for case in CASES.values() if case.group == group]
        lines.append(f"| {group}. {title} | {_row(members, goldens, known)} |")
    lines += [f"| All | {_row(list(CASES.values()), goldens, known)} |", "", "## Known differences", ""]
    lines += ["| Case | Reply | Where | Why |", "|---|---|---|---|"]
    lines += [f"| {each.case} | {each.step} | `{each.path}` | {each.reason} |" for each in known]
    lines += ["", "## The cases", "", "| Case | What holds |", "|---|---|"]
    lines += [f"| {case.name} | {case.title} |" for case in CASES.values() if case.group in SIXTY]
    return "\n".join(lines) + "\n"


def share(members: Sequence[Case], known: Sequence[Known]) -> int:
    """How many cases have no known difference."""
    differing = {entry.case for entry in known}
    return sum(case.name not in differing for case in members)


def _row(members: Sequence[Case], goldens: Mapping[str, dict[str, Any]], known: Sequence[Known]) -> str:
    total = equal = 0
    for case in members:
        patterns = [entry.step for entry in known if entry.case == case.name]
        for step in goldens[case.name]["steps"]:
            total += 1
            equal += not any(fnmatchcase(step["step"], pattern) for pattern in patterns)
    return f"{len(members)} | {share(members, known)} | {total} | {equal}"
