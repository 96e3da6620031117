"""What somebody changes on the cluster is put back, and told with who did it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lab.events.kinds import Applied, DriftCorrected, Retried
from lab.kube.paths import CONFIG_MAP, NAMESPACE, ROOT_SYNC

SYSTEM = "config-management-system"
FILES = {
    "base/Kptfile": "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: base}\n",
    "base/all.yaml": """apiVersion: v1
kind: Namespace
metadata: {name: ran}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: site, namespace: ran}
data: {code: one, values.yaml: "a: 1"}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: seeded
  namespace: ran
  annotations: {client.lifecycle.config.k8s.io/mutation: ignore}
data: {code: first}
""",
}


async def start(bench: Any) -> None:
    """Everything synced and quiet."""
    await bench.commit(FILES)
    bench.start_agent()
    await bench.root_sync()
    await bench.synced()
    await asyncio.sleep(1)


async def corrected(bench: Any, number: int = 1) -> DriftCorrected:
    """The newest of so many corrections, told within a second."""
    await bench.until(lambda: len(bench.events(DriftCorrected)) >= number, 1.0)
    return bench.events(DriftCorrected)[-1]


def test_edited_field_is_put_back(on_bench: Callable[..., None]) -> None:
    """A declared field that a person edits has its value of Git again within a second, and the editor is named."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        await bench.client.patch(CONFIG_MAP, "site", {"data": {"values.yaml": "b: 2"}}, namespace="ran")

        told = await corrected(bench)
        assert (
            told.subject,
            told.action,
            told.by,
            told.source,
        ) == ("ConfigMap/ran/site", "changed data.values.yaml", "kubectl-edit", "base/all.yaml")
        assert (await bench.get(CONFIG_MAP, "site", "ran"))["data"]["values.yaml"] == "a: 1"
        assert told.took < 1

    on_bench(scenario)


def test_deleted_object_returns(on_bench: Callable[..., None]) -> None:
    """A deleted object is there again within a second."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        await bench.client.delete(CONFIG_MAP, "site", namespace="ran")

        assert (await corrected(bench)).action == "deleted"
        assert await bench.get(CONFIG_MAP, "site", "ran")

    on_bench(scenario)


def test_undeclared_fields_are_kept(on_bench: Callable[..., None]) -> None:
    """What Git does not declare belongs to whoever wrote it."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        more = {"metadata": {"labels": {"team": "ran"}}, "data": {"other": "mine"}}
        await bench.client.patch(CONFIG_MAP, "site", more, namespace="ran")
        await asyncio.sleep(40)

        found = await bench.get(CONFIG_MAP, "site", "ran")
        assert (found["metadata"]["labels"]["team"], found["data"]["other"]) == ("ran", "mine")
        assert bench.events(DriftCorrected) == []

    on_bench(scenario)


def test_damaged_mark_is_renewed(on_bench: Callable[..., None]) -> None:
    """Labels and annotations of management come back, the label that the watch is filtered by included."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        for number, (section, key) in enumerate(
            [
                ("labels", "applyset.kubernetes.io/part-of"),
                ("labels", "app.kubernetes.io/managed-by"),
                ("annotations", "configmanagement.gke.io/token"),
                ("annotations", "configsync.gke.io/resource-id"),
                ("annotations", "configmanagement.gke.io/managed"),
            ],
            1,
        ):
            await bench.client.patch(CONFIG_MAP, "site", {"metadata": {section: {key: None}}}, namespace="ran")
            await corrected(bench, number)
            assert key in (await bench.get(CONFIG_MAP, "site", "ran"))["metadata"][section]

    on_bench(scenario)


def test_deleted_namespace_returns_with_its_content(on_bench: Callable[..., None]) -> None:
    """A namespace that is deleted comes back with everything in it, without a storm of failed attempts."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        await bench.client.delete(NAMESPACE, "ran")

        async def back() -> bool:
            namespace = await bench.get(NAMESPACE, "ran")
            whole = namespace is not None and not namespace["metadata"].get("deletionTimestamp")
            return whole and await bench.get(CONFIG_MAP, "site", "ran") is not None

        await asyncio.sleep(0.5)
        await bench.until(back, 30)
        assert len(bench.events(Retried)) <= 2

    on_bench(scenario)


def test_ignored_object_is_only_recreated(on_bench: Callable[..., None]) -> None:
    """With mutation: ignore an edit stays, a new value in Git is not applied, and a deletion brings that value."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        await bench.client.patch(CONFIG_MAP, "seeded", {"data": {"code": "mine"}}, namespace="ran")
        commit = await bench.commit({"base/all.yaml": FILES["base/all.yaml"].replace("first", "second")})
        await bench.synced()
        found = await bench.get(CONFIG_MAP, "seeded", "ran")
        assert found["data"]["code"] == "mine"
        assert commit == found["metadata"]["annotations"]["configmanagement.gke.io/token"]
        assert bench.events(DriftCorrected) == []

        await bench.client.delete(CONFIG_MAP, "seeded", namespace="ran")
        await corrected(bench)
        assert (await bench.get(CONFIG_MAP, "seeded", "ran"))["data"]["code"] == "second"

    on_bench(scenario)


def test_copy_is_left_alone_and_impostor_deleted(on_bench: Callable[..., None]) -> None:
    """A copy carries the original's resource-id and stays; an object with a mark that fits it to the letter goes."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        original = await bench.get(CONFIG_MAP, "site", "ran")
        meta = {key: original["metadata"][key] for key in ("labels", "annotations", "namespace")}
        copied = {"apiVersion": "v1", "kind": "ConfigMap", "data": {}}
        await bench.client.create(CONFIG_MAP, {**copied, "metadata": {**meta, "name": "copy"}})
        resource_id = {"configsync.gke.io/resource-id": "_configmap_ran_fake"}
        fake = {**meta, "name": "fake", "annotations": {**meta["annotations"], **resource_id}}
        await bench.client.create(CONFIG_MAP, {**copied, "metadata": fake})

        await corrected(bench)
        assert await bench.get(CONFIG_MAP, "fake", "ran") is None
        assert await bench.get(CONFIG_MAP, "copy", "ran")

    on_bench(scenario)


def test_repeated_edits_are_a_fight_that_ends(on_bench: Callable[..., None]) -> None:
    """More than five corrections a minute show KNV2005 with the other writer, until it is calm again."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        for number in range(6):
            await bench.client.patch(CONFIG_MAP, "site", {"data": {"code": str(number)}}, namespace="ran")
            await corrected(bench, number + 1)

        async def fighting() -> bool:
            errors = (await bench.status())["sync"].get("errors", [])
            return bool(errors) and errors[0]["code"] == "2005" and "kubectl-edit" in errors[0]["errorMessage"]

        await bench.until(fighting)
        assert await bench.word() == "ERROR"
        await bench.synced(within=180)

    on_bench(scenario)


def test_drift_is_put_back_while_git_is_down(on_bench: Callable[..., None]) -> None:
    """An agent that knows what is declared needs no Git to put it back."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        bench.route.down = True
        await asyncio.sleep(30)
        await bench.client.delete(CONFIG_MAP, "site", namespace="ran")

        assert (await corrected(bench)).action == "deleted"

    on_bench(scenario)


def test_idle_agent_is_quiet(on_bench: Callable[..., None]) -> None:
    """An hour and a half without a commit writes nothing: no fact, no object."""

    async def scenario(bench: Any) -> None:
        await start(bench)
        before = (await bench.get(ROOT_SYNC, "root-sync", SYSTEM))["metadata"]["resourceVersion"]
        with bench.new_events() as found:
            await asyncio.sleep(5400)

        assert found == []
        assert before == (await bench.get(ROOT_SYNC, "root-sync", SYSTEM))["metadata"]["resourceVersion"]
        assert len(bench.events(Applied)) == 1

    on_bench(scenario)
