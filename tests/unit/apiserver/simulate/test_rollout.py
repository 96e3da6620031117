"""A roll keeps within the strategy's bounds."""

from typing import Any

import pytest

from lab.apiserver.simulate.rollout import bounds


def deployment(replicas: int, **strategy: Any) -> dict[str, Any]:
    """A Deployment of that size and strategy."""
    return {"spec": {"replicas": replicas, "strategy": strategy}}


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (deployment(1), (1, 0)),
        (deployment(4), (1, 1)),
        (deployment(10, type="RollingUpdate", rollingUpdate={"maxSurge": 2, "maxUnavailable": "30%"}), (2, 3)),
        (deployment(3, rollingUpdate={"maxSurge": 0, "maxUnavailable": 0}), (0, 1)),
        (deployment(3, type="Recreate"), (0, 0)),
    ],
)
def test_bounds(of: dict[str, Any], expected: tuple[int, int]) -> None:
    """Surge is rounded up, absence down, and one of them is at least one."""
    assert bounds(of) == expected
