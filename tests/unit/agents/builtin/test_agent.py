"""The agent from RootSync to ready, against the embedded API server and a bare repository."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.events.kinds import Applied, PackageReady, Pulled, SyncDeclared
from lab.kube.paths import CONFIG_MAP, NAMESPACE, RESOURCE_GROUP

SYSTEM = "config-management-system"
BASELINE = {
    "cluster-baseline/Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: cluster-baseline}\n",
    "cluster-baseline/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: openairinterface\n",
    "cluster-baseline/settings.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: site\n  namespace: openairinterface\ndata: {code: one}\n"
    ),
}


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_commit_travels_from_git_to_ready(on_bench: Callable[..., None], seed: int | None) -> None:
    """A RootSync that names a repository gets its commit pulled, applied and told ready, by commit and package."""

    async def scenario(bench: Any) -> None:
        commit = await bench.commit(BASELINE)
        bench.start_agent()
        began = bench.loop.time()
        await bench.root_sync()
        await bench.synced()

        assert bench.loop.time() - began < 2
        assert await bench.get(NAMESPACE, "openairinterface")
        settings = await bench.get(CONFIG_MAP, "site", "openairinterface")
        assert settings["data"] == {"code": "one"}
        assert commit == settings["metadata"]["annotations"]["configmanagement.gke.io/token"]
        await bench.until(lambda: bench.events(PackageReady))
        assert [(commit, (commit,))] == [(told.commit, told.commits) for told in bench.events(Pulled)]
        counts = {"created": 2, "configured": 0, "unchanged": 0, "pruned": 0}
        assert [{"cluster-baseline": counts}] == [told.packages for told in bench.events(Applied)]
        ready = bench.events(PackageReady)
        assert [(told.directory, told.objects, told.notable) for told in ready] == [
            ("cluster-baseline", 2, ("Namespace/openairinterface",))
        ]
        assert len(bench.events(SyncDeclared)) == 1
        group = await bench.get(RESOURCE_GROUP, "root-sync", SYSTEM)
        assert sorted(row["kind"] for row in group["spec"]["resources"]) == ["ConfigMap", "Namespace"]

    on_bench(scenario, seed=seed)
