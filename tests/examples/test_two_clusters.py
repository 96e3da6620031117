"""Example: the marker says which lab a test wants."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.lab(
    clusters={"my-ran": {"site": "site-ran-01"}, "my-core": {"site": "site-core-07"}},
    flows=[{"package": "cluster-baseline", "to": "my-ran"}, {"package": "cluster-baseline", "to": "my-core"}],
)
def test_two_clusters_two_repositories(lab: Any) -> None:
    """One blueprint, two repositories, two sets of values; a commit belongs to one cluster."""
    sites = {
        name: lab[name].get("namespace/openairinterface").labels["nephio.org/site-code"]
        for name in ("my-ran", "my-core")
    }
    assert sites == {"my-ran": "site-ran-01", "my-core": "site-core-07"}

    commits = {name: lab.flow("cluster-baseline", to=name).commit.id for name in ("my-ran", "my-core")}
    assert commits["my-ran"] != commits["my-core"]
