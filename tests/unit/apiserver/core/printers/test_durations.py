"""Ages read as kubectl prints them."""

from datetime import UTC, datetime

import pytest

from lab.apiserver.core.printers.durations import human_duration, parse_time, since

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0.4, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (599, "9m59s"),
        (600, "10m"),
        (10799, "179m"),
        (10800, "3h"),
        (10860, "3h1m"),
        (28800, "8h"),
        (172799, "47h"),
        (172800, "2d"),
        (180000, "2d2h"),
        (691200, "8d"),
        (62985600, "729d"),
        (63072000, "2y"),
        (63158400, "2y1d"),
        (252288000, "8y"),
    ],
)
def test_human_duration(seconds: float, text: str) -> None:
    """Precision falls with size, at the bounds that Kubernetes uses."""
    assert text == human_duration(seconds)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("2030-01-01T11:59:00Z", "60s"),
        ("2030-01-01T11:59:00.123456789Z", "59s"),
        ("2030-01-01T12:59:00+01:00", "60s"),
        ("", "<unknown>"),
        (None, "<unknown>"),
        ("yesterday", "<unknown>"),
    ],
)
def test_since(text: str | None, age: str) -> None:
    """An age is the distance from a timestamp to now."""
    assert age == since(text, NOW)


def test_impossible_dates_are_no_times() -> None:
    """Text in the shape of a time that is none is refused."""
    assert parse_time("2030-02-31T00:00:00Z") is None
