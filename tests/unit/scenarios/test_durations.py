"""Durations as people write them."""

from __future__ import annotations

import pytest

from lab.scenarios.durations import seconds


@pytest.mark.parametrize(("text", "value"), [("15s", 15.0), ("500ms", 0.5), ("2m", 120.0), ("1h", 3600.0), (3, 3.0)])
def test_durations(text: object, value: float) -> None:
    """A number with a unit, or a bare number of seconds."""
    assert value == seconds(text)


@pytest.mark.parametrize("text", ["15", "soon", "-1s", "", None, True, -1])
def test_no_durations(text: object) -> None:
    """Anything else is refused, and the refusal shows how to write one."""
    with pytest.raises(ValueError, match="write 15s"):
        seconds(text)
