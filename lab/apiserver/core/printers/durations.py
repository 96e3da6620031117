"""Ages and durations as kubectl prints them. Source: Kubernetes, apimachinery `util/duration` HumanDuration."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


def parse_time(text: str) -> datetime | None:
    """An RFC 3339 moment with any number of fractional digits, or None if the text is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    date, hour, fraction, zone = found.groups()
    offset = "+00:00" if zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{date}T{hour}{(fraction or '.0')[:7].ljust(7, '0')}{offset}").astimezone(UTC)
    except ValueError:
        return None


def human_duration(seconds: float) -> str:
    """Two or three significant figures: `45s`, `2m5s`, `10m`, `3h2m`, `5d4h`, `2y30d`; `<invalid>` before now."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 2 * MINUTE:
        return f"{max(whole, 0)}s"
    if whole < 3 * HOUR:
        return _two(whole, MINUTE, 1, "m", "s") if whole < 10 * MINUTE else f"{whole // MINUTE}m"
    if whole < 2 * DAY:
        return _two(whole, HOUR, MINUTE, "h", "m") if whole < 8 * HOUR else f"{whole // HOUR}h"
    if whole < 2 * YEAR:
        return _two(whole, DAY, HOUR, "d", "h") if whole < 8 * DAY else f"{whole // DAY}d"
    return _two(whole, YEAR, DAY, "y", "d") if whole < 8 * YEAR else f"{whole // YEAR}y"


def _two(seconds: int, large: int, small: int, large_name: str, small_name: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large}{large_name}" + (f"{rest}{small_name}" if rest else "")


def since(text: str | None, now: datetime) -> str:
    """The age of a timestamp; `<unknown>` if there is none."""
    moment = parse_time(text) if text else None
    return "<unknown>" if moment is None else human_duration((now - moment).total_seconds())
