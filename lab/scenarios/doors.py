"""The front doors of the clusters, as a person's kubeconfig names them."""

from __future__ import annotations

from collections.abc import Mapping

from lab.kube import kubeconfig
from lab.scenarios.bench import Bench

Door = tuple[str, Mapping[str, str]]
"""The URL of an API server, and what its admin shows there (`ca`, `certificate`, `key` or `token`)."""


async def doors(bench: Bench) -> dict[str, Door]:
    """Every cluster's door by name; from now on the API servers listen."""
    if bench.controls is not None:
        await bench.controls.prepare_sockets()
    return {**kubeconfig.read(bench.folder / "kubeconfig")}
