"""How a figure is printed: what, how much, and its ratio to the bar and the goal."""

from __future__ import annotations

import os


def report(what: str, value: float, unit: str, *, bar: float = 0.0, goal: float = 0.0) -> None:
    """Print one figure; a ratio above 1.00 misses."""
    ratios = [
        f"{value / limit:5.2f} of the {name} {limit:g}" for name, limit in (("bar", bar), ("goal", goal)) if limit
    ]
    print(f"  {what:<46} {value:9.3f} {unit:<3} {', '.join(ratios)}".rstrip(), flush=True)


def load() -> str:
    """What else the machine is doing."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
