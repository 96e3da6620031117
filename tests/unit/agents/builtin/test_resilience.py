"""The agent when its surroundings fail: API server away, bugs, deletions while it did not run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from lab.agents.builtin.tracker import Tracker
from lab.events.kinds import AgentStarted, AgentStopped, Applied, ApplyFailed, DriftCorrected, Retried, SyncRemoved
from lab.kube.paths import CONFIG_MAP, RESOURCE_GROUP, ROOT_SYNC, SECRET
from lab.ports.cluster_provider import Fidelity
from lab.ports.sync_agent import SyncAgent

SYSTEM = "config-management-system"
SECRET_C = "apiVersion: v1\nkind: Secret\nmetadata: {name: c, namespace: default}\n"


def config_map(name: str, value: str = "1", more: str = "") -> str:
    """A ConfigMap in the namespace default."""
    meta = f"  name: {name}\n  namespace: default\n{more}"
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n{meta}data: {{v: '{value}'}}\n"


def test_agent_fits_its_port(on_bench: Callable[..., None]) -> None:
    """The agent is a stand-in, tells when it starts and stops, and stops when it is cancelled."""

    async def scenario(bench: Any) -> None:
        agent: SyncAgent = bench.start_agent()
        assert Fidelity.STAND_IN is agent.fidelity
        await asyncio.sleep(1)
        await bench.stop_agent()
        assert [AgentStarted("my-ran"), AgentStopped("my-ran")] == [record.event for record in bench.bus.records]

    on_bench(scenario)


def test_agent_waits_for_its_kind(on_bench: Callable[..., None]) -> None:
    """An agent that starts before its definitions are served begins to work when they are."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await asyncio.sleep(2)
        await bench.bootstrap()
        await bench.root_sync()
        await bench.synced()

    on_bench(scenario, bootstrapped=False)


def test_api_server_away_and_back(on_bench: Callable[..., None]) -> None:
    """While the API server is away nothing is lost and attempts stay few; back again, everything goes on."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        bench.line.cut = True
        await bench.line.close()
        await bench.commit({"a.yaml": config_map("a", "2")})
        await asyncio.sleep(300)
        assert (await bench.get(CONFIG_MAP, "a", "default"))["data"] == {"v": "1"}
        assert 1 <= len(bench.events(Retried)) <= 12

        bench.line.cut = False
        await bench.synced(within=300)
        assert (await bench.get(CONFIG_MAP, "a", "default"))["data"] == {"v": "2"}
        await asyncio.sleep(40)
        await bench.client.delete(CONFIG_MAP, "a", namespace="default")
        await bench.until(lambda: bench.events(DriftCorrected), 2)

    on_bench(scenario)


def test_lost_watch_misses_nothing(on_bench: Callable[..., None]) -> None:
    """What changes while a watch is down is found by the list that follows."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        await asyncio.sleep(1)
        bench.line.cut = True
        await bench.line.close()
        await bench.client.delete(CONFIG_MAP, "a", namespace="default")
        await bench.client.patch(CONFIG_MAP, "b", {"data": {"v": "mine"}}, namespace="default")
        await asyncio.sleep(3)
        bench.line.cut = False
        await bench.until(lambda: len(bench.events(DriftCorrected)) == 2, 10)
        assert {"deleted", "changed data.v"} == {told.action for told in bench.events(DriftCorrected)}

    on_bench(scenario)


def test_bug_in_one_reconciler_harms_no_other(
    on_bench: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A part that breaks is logged, told and begun anew; the agent and its other RootSyncs go on."""
    told = Tracker.tell
    broken = []

    def tell(tracker: Tracker) -> None:
        if tracker._root_sync == "one" and len(broken) < 2:
            broken.append(1)
            raise RuntimeError("a bug")
        told(tracker)

    monkeypatch.setattr(Tracker, "tell", tell)

    async def scenario(bench: Any) -> None:
        await bench.commit({"one/a.yaml": config_map("a"), "two/b.yaml": config_map("b")})
        bench.start_agent()
        await bench.root_sync(name="one", dir="one")
        await bench.root_sync(name="two", dir="two")

        async def both() -> bool:
            return {"SYNCED"} == {await bench.word("one"), await bench.word("two")}

        await bench.until(both)
        await bench.until(lambda: len(broken) == 2)
        assert "serve RootSync one on my-ran" in {event.what for event in bench.events(Retried)}
        await bench.commit({"one/a.yaml": config_map("a", "2")})
        await bench.until(both)

    with caplog.at_level(logging.CRITICAL, "lab.agents.builtin"):
        on_bench(scenario)


def test_root_sync_deleted_while_no_agent_ran(on_bench: Callable[..., None]) -> None:
    """An agent that starts releases what RootSyncs left behind that are gone."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        await bench.stop_agent()
        await bench.client.delete(ROOT_SYNC, "root-sync", namespace=SYSTEM)
        assert await bench.get(ROOT_SYNC, "root-sync", SYSTEM) is None
        bench.start_agent()
        await bench.until(lambda: bench.events(SyncRemoved), 5)
        assert (await bench.get(CONFIG_MAP, "a", "default"))["metadata"].get("annotations", {}) == {}
        assert await bench.get(RESOURCE_GROUP, "root-sync", SYSTEM) is None

    on_bench(scenario)


def test_commit_while_no_agent_ran(on_bench: Callable[..., None]) -> None:
    """What left Git while no agent ran is pruned, with its package named, because the inventory remembers it."""

    async def scenario(bench: Any) -> None:
        files = {
            "p/Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n",
            "p/x/a.yaml": config_map("a"),
        }
        await bench.commit({**files, "b.yaml": config_map("b")})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        await bench.stop_agent()
        await bench.commit(dict.fromkeys(files))
        bench.start_agent()
        await bench.synced()
        assert await bench.get(CONFIG_MAP, "a", "default") is None
        assert bench.events(Applied)[-1].packages["p"]["pruned"] == 1

    on_bench(scenario)


def test_object_that_becomes_local_is_pruned(on_bench: Callable[..., None]) -> None:
    """Marking an applied object as local to its package takes it off the cluster."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"a.yaml": config_map("a")})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        local = '  annotations:\n    config.kubernetes.io/local-config: "true"\n'
        await bench.commit({"a.yaml": config_map("a", more=local)})
        await bench.synced()
        assert await bench.get(CONFIG_MAP, "a", "default") is None

    on_bench(scenario)


def test_hundreds_of_objects(on_bench: Callable[..., None]) -> None:
    """A large commit is checked and planned beside the loop, and applied whole."""

    async def scenario(bench: Any) -> None:
        text = "---\n".join(config_map(f"c{number}") for number in range(230))
        await bench.commit({"all.yaml": text})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        assert bench.events(Applied)[0].packages[""]["created"] == 230
        await bench.commit({"more.yaml": config_map("one-more")})
        await bench.synced()
        assert bench.events(Applied)[1].packages[""] == {"created": 1, "configured": 0, "unchanged": 230, "pruned": 0}

    on_bench(scenario)


def test_changes_by_type(on_bench: Callable[..., None]) -> None:
    """A removed field leaves the object, whoever added others keeps them, and a wrong type is KNV2009."""

    async def scenario(bench: Any) -> None:
        text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\ndata: {x: '1', y1: '2'}\n"
        await bench.commit({"a.yaml": text})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        await bench.client.patch(CONFIG_MAP, "a", {"data": {"mine": "3"}}, namespace="default")
        await bench.commit({"a.yaml": text.replace(", y1: '2'", "")})
        await bench.synced()
        assert (await bench.get(CONFIG_MAP, "a", "default"))["data"] == {"x": "1", "mine": "3"}
        assert bench.events(Applied)[-1].packages[""]["configured"] == 1
        await bench.commit({"a.yaml": text.replace("'2'", "2")})
        await bench.until(lambda: bench.events(ApplyFailed))
        assert bench.events(ApplyFailed)[0].refusals[0].knv == "KNV2009"

    on_bench(scenario)


@pytest.mark.parametrize("last", range(2, 24))
def test_killed_at_any_request(on_bench: Callable[..., None], last: int) -> None:
    """Wherever an agent dies on its way to the next commit, the one after it leaves nothing behind that Git lacks."""

    async def scenario(bench: Any) -> None:
        bench.start_agent()
        await bench.root_sync()
        namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: ran}\n"
        first = {"n.yaml": namespace, "a.yaml": config_map("a"), "b.yaml": config_map("b")}
        await bench.commit(first)
        await bench.synced()
        await bench.commit({"b.yaml": None, "a.yaml": config_map("a", "2"), "c.yaml": SECRET_C})
        bench.line.last = bench.line.requests + last
        await asyncio.sleep(30)
        await bench.stop_agent()
        await bench.commit({"c.yaml": None})
        bench.start_agent()
        await bench.synced()

        listed, _version = await bench.client.list(CONFIG_MAP, "default")
        left = {found["metadata"]["name"]: found["data"] for found in listed}
        left.pop("kube-root-ca.crt", None)
        assert left == {"a": {"v": "2"}}
        assert await bench.get(SECRET, "c", "default") is None
        group = await bench.get(RESOURCE_GROUP, "root-sync", SYSTEM)
        assert {"ran", "a"} == {row["name"] for row in group["spec"]["resources"]}
        assert bench.tip == bench.events(Applied)[-1].commit

    on_bench(scenario)


def test_commit_costs_few_requests(on_bench: Callable[..., None]) -> None:
    """A commit costs one apply for each object, one list for each kind, and a handful beside; being idle costs none."""

    async def scenario(bench: Any) -> None:
        await bench.commit({"all.yaml": "---\n".join(config_map(f"c{number}") for number in range(40))})
        bench.start_agent()
        await bench.root_sync()
        await bench.synced()
        await asyncio.sleep(30)
        before = bench.line.requests
        await asyncio.sleep(600)
        # Watches are ended by the server now and then, and opened again.
        assert bench.line.requests - before <= 12
        before = bench.line.requests
        await bench.commit({"more.yaml": config_map("one-more")})
        await bench.synced()
        await asyncio.sleep(5)
        assert 41 <= bench.line.requests - before <= 55

    on_bench(scenario)


def test_next_commit_is_retried_from_the_beginning(on_bench: Callable[..., None]) -> None:
    """Retries of one commit grow apart; those of the next one begin at a second again."""

    async def scenario(bench: Any) -> None:
        missing = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: default}\n"
        await bench.commit({"w.yaml": missing})
        bench.start_agent()
        await bench.root_sync()
        await bench.until(lambda: len(bench.events(Retried)) == 5)
        await bench.commit({"a.yaml": config_map("a")})
        await bench.until(lambda: bench.get(CONFIG_MAP, "a", "default"))
        await asyncio.sleep(0.5)
        assert [event.wait for event in bench.events(Retried)] == [1.0, 2.0, 4.0, 8.0, 16.0, 1.0]

    on_bench(scenario)
