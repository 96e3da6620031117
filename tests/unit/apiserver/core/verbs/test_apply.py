"""Server-side apply by what is remembered: the outcome is that of the whole procedure."""

from __future__ import annotations

from typing import Any

import pytest

from lab.apiserver.core.errors import ApiError

MAP = "/api/v1/namespaces/default/configmaps/a"
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/a"
TOKEN = "configsync.gke.io/token"


def config_map(token: str, **data: str) -> dict[str, Any]:
    """A ConfigMap as an agent applies it for a commit."""
    annotations = {TOKEN: token, "kept": "same"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "annotations": annotations},
        "data": data,
    }


def deployment(token: str, replicas: int = 1) -> dict[str, Any]:
    """A Deployment as an agent applies it for a commit."""
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    metadata = {"name": "a", "annotations": {TOKEN: token}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def forget(kube: Any, resource: str) -> None:
    """Make the next apply go the whole way."""
    for entry in kube.cluster.table(resource).entries.values():
        entry.applied = ()


def content(obj: dict[str, Any]) -> dict[str, Any]:
    """The object without what differs from object to object."""
    hidden = ("uid", "resourceVersion", "creationTimestamp", "name")
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in hidden}}


@pytest.mark.parametrize("remembering", [True, False])
def test_annotations_move_with_managed_fields_and_time(with_kube: Any, remembering: bool) -> None:
    """A new value of an annotation is stored, seen by watches, and dates the manager's entry, by either way."""

    async def scenario(kube: Any) -> None:
        await kube.apply(MAP, config_map("1", x="1"), force="true")
        await kube.patch(MAP, {"metadata": {"labels": {"by": "another"}}})
        await kube.apply(MAP, config_map("2", x="1"), force="true")
        before = (await kube.get(MAP)).body["metadata"]
        if not remembering:
            forget(kube, "configmaps")
        after = (await kube.apply(MAP, config_map("3", x="1"), force="true")).body["metadata"]
        assert after["annotations"] == {TOKEN: "3", "kept": "same"}
        assert after["labels"] == {"by": "another"}
        assert int(after["resourceVersion"]) > int(before["resourceVersion"])
        fields = [(entry["manager"], entry["operation"], entry["fieldsV1"]) for entry in after["managedFields"]]
        assert fields == [(e["manager"], e["operation"], e["fieldsV1"]) for e in before["managedFields"]]

    with_kube(scenario)


def test_both_ways_have_one_outcome(with_kube: Any) -> None:
    """The object, generation and managed fields included, is that of an apply that remembers nothing."""

    async def outcome(kube: Any, remembering: bool) -> dict[str, Any]:
        await kube.delete(DEPLOYMENT)
        for number in range(4):
            if not remembering:
                forget(kube, "deployments.apps")
            reply = await kube.apply(DEPLOYMENT, deployment(str(number)), force="true")
            status = {"status": {"observedGeneration": 1, "replicas": number}}
            await kube.patch(f"{DEPLOYMENT}/status", status)
        assert reply.code == 200
        return content((await kube.get(DEPLOYMENT)).body)

    async def scenario(kube: Any) -> None:
        assert await outcome(kube, True) == await outcome(kube, False)

    with_kube(scenario)


def test_another_value_goes_the_whole_way(with_kube: Any) -> None:
    """Where more than annotations differs, fields come and go as always."""

    async def scenario(kube: Any) -> None:
        await kube.apply(MAP, config_map("1", x="1", y="1"))
        after = await kube.apply(MAP, config_map("2", x="2"))
        assert after.body["data"] == {"x": "2"}
        await kube.apply(DEPLOYMENT, deployment("1"))
        after = await kube.apply(DEPLOYMENT, deployment("2", replicas=3))
        assert (after.body["spec"]["replicas"], after.body["metadata"]["generation"]) == (3, 2)

    with_kube(scenario)


def test_an_annotation_of_another_manager_is_a_conflict(with_kube: Any) -> None:
    """Somebody else's value of the annotation is defended, and lost to force."""

    async def scenario(kube: Any) -> None:
        await kube.apply(MAP, config_map("1", x="1"))
        await kube.apply(MAP, config_map("1", x="1"), manager="other")
        refused = await kube.apply(MAP, config_map("2", x="1"))
        assert refused.code == 409
        forced = await kube.apply(MAP, config_map("2", x="1"), force="true")
        owned = {entry["manager"]: entry["fieldsV1"] for entry in forced.body["metadata"]["managedFields"]}
        assert f"f:{TOKEN}" not in owned["other"]["f:metadata"]["f:annotations"]
        assert f"f:{TOKEN}" in owned["tester"]["f:metadata"]["f:annotations"]

    with_kube(scenario)


def test_too_much_in_annotations_is_refused(with_kube: Any) -> None:
    """The limit of 256 KiB holds for a changed annotation as for a new one."""

    async def scenario(kube: Any) -> None:
        await kube.apply(MAP, config_map("1", x="1"))
        assert (await kube.apply(MAP, config_map("x" * 300_000, x="1"))).code == 422

    with_kube(scenario)


def test_guards_are_asked(with_kube: Any) -> None:
    """An admission guard sees the change and can refuse it."""

    async def scenario(kube: Any) -> None:
        def guard(attributes: Any, obj: Any, old: Any) -> Any:
            if attributes.operation == "UPDATE":
                raise ApiError(403, "Forbidden", f"{old['metadata']['annotations'][TOKEN]} stays")
            return obj, ()

        await kube.apply(MAP, config_map("1", x="1"))
        kube.cluster.guards.append(guard)
        assert (await kube.apply(MAP, config_map("2", x="1"))).body["message"] == "1 stays"

    with_kube(scenario)


def test_a_status_write_keeps_what_is_remembered(with_kube: Any) -> None:
    """What is remembered of applies outlives a write of the status, and no other write."""

    async def scenario(kube: Any) -> None:
        await kube.apply(DEPLOYMENT, deployment("1"), force="true")
        remembered = kube.cluster.table("deployments.apps").get(("default", "a")).applied
        await kube.patch(f"{DEPLOYMENT}/status", {"status": {"replicas": 1}})
        assert remembered == kube.cluster.table("deployments.apps").get(("default", "a")).applied
        await kube.patch(DEPLOYMENT, {"spec": {"paused": True}})
        assert kube.cluster.table("deployments.apps").get(("default", "a")).applied == ()

    with_kube(scenario)
