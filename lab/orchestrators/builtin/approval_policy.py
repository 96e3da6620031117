"""Whether a policy lets a revision be proposed and approved, decided from facts alone.

Source: Nephio, approval controller, annotations `approval.nephio.org/policy` and `approval.nephio.org/delay`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lab.orchestrators.builtin.lifecycle import Lifecycle
from lab.orchestrators.builtin.revision import Revision

INITIAL, ALWAYS = "initial", "always"
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`go`: approve now. Else `reason` and `message` say why not, `final` that waiting does not help.

    `wait` is the number of seconds after which to look again, 0 when only a change can help.
    """

    go: bool
    reason: str = ""
    message: str = ""
    final: bool = False
    wait: float = 0.0


def judge(revision: Revision, policy: str, delay: str, same_package: Iterable[Revision], now: datetime) -> Verdict:
    """Judge a draft or proposal by its policy; `same_package` are the revisions of its repository and package.

    The placeholder counts as published: a package that is on the branch is not new.
    """
    if revision.kptfile.unmet_gates:
        return Verdict(
            False, "NotApproved", f"readiness gates not met for {revision.package}, in repo {revision.repository}"
        )
    if policy not in (INITIAL, ALWAYS):
        message = f'invalid "approval.nephio.org/policy" annotation value: "{policy}"'
        return Verdict(False, "InvalidPolicy", message, final=True)
    if policy == INITIAL and any(other.lifecycle.published for other in same_package if other.key != revision.key):
        return Verdict(False, "NotApproved", f'approval policy "{INITIAL}" not met for {revision.package}')
    if not delay:
        return Verdict(True)
    seconds = duration(delay)
    if seconds is None:
        return Verdict(False, "Error", f'time: invalid duration "{delay}"', final=True)
    if seconds < 0:
        return Verdict(False, "Error", f'invalid delay "{delay}"; delay must be 0 or more', final=True)
    left = seconds - (now - revision.created_at).total_seconds()
    return Verdict(False, "NotApproved", "delay time not met", wait=left) if left > 0 else Verdict(True)


def awaits_approval(revision: Revision) -> bool:
    """Whether a policy could do anything for it."""
    return revision.lifecycle in (Lifecycle.DRAFT, Lifecycle.PROPOSED)


def duration(text: str) -> float | None:
    """A Go duration such as `1h30m` in seconds; None for any other text."""
    sign = -1.0 if text.startswith("-") else 1.0
    body = text.removeprefix("-").removeprefix("+")
    if body == "0":
        return 0.0
    parts = _PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        return None
    return sign * sum(float(number) * _UNITS[unit] for number, unit in parts)
