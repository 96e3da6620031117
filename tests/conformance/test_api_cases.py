"""Cases of the Kubernetes API, request by request, in process: codes, reasons and texts as of kube-apiserver 1.34."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lab.apiserver.core.identity import ADMIN
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.kit.clock import LoopClock
from lab.kit.virtual_time import VirtualTimeLoop

JSON = "application/json"
MERGE, STRATEGIC, PATCH = (
    f"application/{kind}+json" for kind in ("merge-patch", "strategic-merge-patch", "json-patch")
)
APPLY = "application/apply-patch+yaml"
MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


class Api:
    """Requests to one cluster, with replies as (code, body)."""

    def __init__(self, transport: LocalTransport, server: ApiServer) -> None:
        self.transport = transport
        self.server = server

    async def __call__(
        self, method: str, path: str, body: Any = None, *, type_: str = JSON, accept: str = JSON, **query: str
    ) -> tuple[int, Any]:
        """One request; the body of the reply is parsed where it is JSON."""
        headers = {"accept": accept, "content-type": type_, "user-agent": "cases/1"}
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        code, _, reply = await self.transport.request(method, path, query=query, headers=headers, body=sent)
        try:
            return code, json.loads(reply)
        except ValueError:
            return code, reply.decode()

    async def watch(self, path: str, seconds: float, **query: str) -> list[dict[str, Any]]:
        """The events of a watch within some time."""
        seen: list[dict[str, Any]] = []
        code, _, stream = await self.transport.open("GET", path, query={"watch": "1", **query})
        assert code == 200
        try:
            async with asyncio.timeout(seconds):
                async for chunk in stream:
                    seen += [json.loads(line) for line in chunk.splitlines() if line]
        except TimeoutError:
            pass
        return seen


Case = Callable[[Api], Awaitable[None]]


@pytest.fixture
def on_cluster() -> Callable[[Case], None]:
    """Runs a case on a fresh cluster in virtual time."""

    def run(case: Case) -> None:
        loop = VirtualTimeLoop()

        async def main() -> None:
            server = ApiServer(LoopClock(loop))
            await server.start()
            server.fleet.create("c")
            await asyncio.sleep(5)
            await case(Api(LocalTransport(server, "c", ADMIN), server))
            await server.stop()

        try:
            loop.run_until_complete(main())
        finally:
            loop.close()

    return run


def config_map(name: str = "a", **data: str) -> dict[str, Any]:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(*containers: dict[str, Any], replicas: int = 1) -> dict[str, Any]:
    """A Deployment."""
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": list(containers)}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "d"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec}


def test_unknown_group_and_resource(on_cluster) -> None:
    """An unknown group is a plain page, an unknown resource of a known group a Status with empty details."""

    async def case(api: Api) -> None:
        assert await api("GET", "/apis/none.example.org/v1/things") == (404, "404 page not found\n")
        code, status = await api("GET", "/api/v1/things")
        assert (code, status["reason"], status["details"]) == (404, "NotFound", {})

    on_cluster(case)


def test_create_sets_metadata(on_cluster) -> None:
    """A new object has uid, time and version; a generation only where its kind has one."""

    async def case(api: Api) -> None:
        code, made = await api("POST", MAPS, config_map())
        assert code == 201
        assert {"uid", "creationTimestamp", "resourceVersion"} <= made["metadata"].keys()
        assert "generation" not in made["metadata"]
        code, made = await api("POST", DEPLOYMENTS, deployment({"name": "c", "image": "i"}))
        assert made["metadata"]["generation"] == 1
        code, status = await api("POST", MAPS, config_map())
        assert (code, status["reason"], status["details"]) == (
            409,
            "AlreadyExists",
            {"name": "a", "kind": "configmaps"},
        )

    on_cluster(case)


@pytest.mark.parametrize(
    ("path", "body", "code", "text"),
    [
        ("/api/v1/namespaces/no/configmaps", config_map(), 404, 'namespaces "no" not found'),
        (MAPS, {**config_map(), "metadata": {"name": "a", "namespace": "x"}}, 400, "does not match the namespace"),
        (MAPS, {**config_map(), "metadata": {"name": "A_"}}, 422, 'Invalid value: "A_"'),
        (MAPS, {**config_map(), "metadata": {}}, 422, "name or generateName is required"),
        (MAPS, {**config_map(), "metadata": {"name": "a", "labels": {"x": "-"}}}, 422, "metadata.labels"),
        (
            MAPS,
            {**config_map(), "metadata": {"name": "a", "resourceVersion": "5"}},
            500,
            "resourceVersion should not be set on objects to be created",
        ),
        (MAPS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}, 400, "Secret"),
        (MAPS, b"{nonsense", 400, ""),
    ],
)
def test_refused_creations(on_cluster, path: str, body: Any, code: int, text: str) -> None:
    """What cannot be created is refused with its code and words."""

    async def case(api: Api) -> None:
        found, status = await api("POST", path, body)
        assert (found, text in status["message"]) == (code, True), status

    on_cluster(case)


def test_field_validation(on_cluster) -> None:
    """Unknown fields are refused, warned of or ignored, and duplicate keys are seen."""

    async def case(api: Api) -> None:
        odd = {**config_map(), "colour": "x"}
        code, status = await api("POST", MAPS, odd, fieldValidation="Strict")
        assert (code, 'unknown field "colour"' in status["message"]) == (400, True)
        twice = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"t"},"data":{"a":"1","a":"2"}}'
        code, status = await api("POST", MAPS, twice, fieldValidation="Strict")
        assert (code, 'duplicate field "data.a"' in status["message"]) == (400, True)
        assert (await api("POST", MAPS, odd, fieldValidation="Ignore"))[0] == 201

    on_cluster(case)


def test_not_acceptable(on_cluster) -> None:
    """A form that the server does not speak is 406."""

    async def case(api: Api) -> None:
        assert (await api("GET", MAPS, accept="text/plain"))[0] == 406

    on_cluster(case)


def test_update_and_concurrency(on_cluster) -> None:
    """A stale version conflicts, none is unconditional, and what changes nothing leaves no trace."""

    async def case(api: Api) -> None:
        _, made = await api("POST", MAPS, config_map(x="1"))
        _, changed = await api("PUT", f"{MAPS}/a", {**made, "data": {"x": "2"}})
        assert (await api("PUT", f"{MAPS}/a", {**made, "data": {"x": "3"}}))[0] == 409
        code, again = await api("PUT", f"{MAPS}/a", changed)
        assert (code, again) == (200, changed)
        assert (await api("PUT", f"{MAPS}/a", config_map(x="4")))[0] == 200
        assert (await api("PUT", f"{MAPS}/b", config_map()))[0] == 400
        assert (await api("PUT", f"{MAPS}/none", config_map("none")))[0] == 404
        other = config_map(x="5")
        other["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000"
        assert (await api("PUT", f"{MAPS}/a", other))[0] == 409

    on_cluster(case)


def test_patches(on_cluster) -> None:
    """Merge patches delete with null, JSON patches test, strategic ones merge by key; others are refused."""

    async def case(api: Api) -> None:
        await api("POST", MAPS, config_map(x="1", y="2"))
        _, found = await api("PATCH", f"{MAPS}/a", {"data": {"x": None}}, type_=MERGE)
        assert found["data"] == {"y": "2"}
        failing = [{"op": "test", "path": "/data/y", "value": "9"}]
        assert (await api("PATCH", f"{MAPS}/a", failing, type_=PATCH))[0] == 422
        assert (await api("PATCH", f"{MAPS}/a", [{"op": "remove", "path": "/data/z"}], type_=PATCH))[0] == 422
        assert (await api("PATCH", MAPS, {}, type_=MERGE))[0] == 405
        assert (await api("PATCH", f"{MAPS}/a", {}, type_="application/unknown"))[0] == 415
        containers = [{"name": "c", "image": "i"}, {"name": "d", "image": "j"}]
        await api("POST", DEPLOYMENTS, deployment(*containers))
        one = {"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "k"}]}}}}
        _, found = await api("PATCH", f"{DEPLOYMENTS}/d", one, type_=STRATEGIC)
        images = [c["image"] for c in found["spec"]["template"]["spec"]["containers"]]
        assert images == ["i", "k"]
        gone = {"spec": {"template": {"spec": {"containers": [{"name": "d", "$patch": "delete"}]}}}}
        _, found = await api("PATCH", f"{DEPLOYMENTS}/d", gone, type_=STRATEGIC)
        assert [c["name"] for c in found["spec"]["template"]["spec"]["containers"]] == ["c"]

    on_cluster(case)


def test_server_side_apply(on_cluster) -> None:
    """Owners conflict, share, force, and drop fields; an idle apply leaves no trace."""

    async def case(api: Api) -> None:
        async def apply(manager: str, **more: str) -> tuple[int, Any]:
            force = more.pop("force", "false")
            return await api("PATCH", f"{MAPS}/a", config_map(**more), type_=APPLY, fieldManager=manager, force=force)

        code, made = await apply("alice", x="1", y="1")
        assert code == 201
        assert [(m["manager"], m["operation"]) for m in made["metadata"]["managedFields"]] == [("alice", "Apply")]
        code, status = await apply("bob", x="2")
        assert code == 409
        assert status["details"]["causes"] == [
            {"reason": "FieldManagerConflict", "message": 'conflict with "alice"', "field": ".data.x"}
        ]
        assert (await apply("bob", x="1"))[0] == 200
        _, shared = await apply("alice", y="1")
        assert shared["data"] == {"x": "1", "y": "1"}
        _, idle = await apply("alice", y="1")
        assert idle == shared
        _, forced = await apply("bob", x="2", y="2", force="true")
        assert forced["data"] == {"x": "2", "y": "2"}
        assert [m["manager"] for m in forced["metadata"]["managedFields"]] == ["bob"]
        assert (await api("PATCH", f"{MAPS}/a", config_map(), type_=APPLY))[0] == 422
        managed = {**config_map(), "metadata": {"name": "a", "managedFields": forced["metadata"]["managedFields"]}}
        assert (await api("PATCH", f"{MAPS}/a", managed, type_=APPLY, fieldManager="x"))[0] == 400

    on_cluster(case)


def test_status_and_scale(on_cluster) -> None:
    """Spec, status and scale have doors of their own, and the generation follows the spec."""

    async def case(api: Api) -> None:
        _, made = await api("POST", DEPLOYMENTS, deployment({"name": "c", "image": "i"}))
        both = {"spec": {"replicas": 3}, "status": {"replicas": 7}}
        _, found = await api("PATCH", f"{DEPLOYMENTS}/d", both, type_=MERGE)
        assert (found["spec"]["replicas"], found["status"].get("replicas"), found["metadata"]["generation"]) == (
            3,
            None,
            2,
        )
        both = {"spec": {"replicas": 9}, "status": {"replicas": 7}}
        _, found = await api("PATCH", f"{DEPLOYMENTS}/d/status", both, type_=MERGE)
        assert (found["spec"]["replicas"], found["status"]["replicas"], found["metadata"]["generation"]) == (3, 7, 2)
        _, scale = await api("GET", f"{DEPLOYMENTS}/d/scale")
        assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == ("Scale", {"replicas": 3}, "app=d")
        scale["spec"]["replicas"] = 5
        assert (await api("PUT", f"{DEPLOYMENTS}/d/scale", scale))[0] == 200
        _, found = await api("GET", f"{DEPLOYMENTS}/d")
        assert (found["spec"]["replicas"], found["metadata"]["generation"]) == (5, 3)
        assert "scale" in [m.get("subresource") for m in found["metadata"]["managedFields"]]
        assert made["metadata"]["uid"] == found["metadata"]["uid"]

    on_cluster(case)


def test_lists(on_cluster) -> None:
    """Pages, bad tokens, future versions, selectors, and items without kinds."""

    async def case(api: Api) -> None:
        for name in ("a", "b", "c"):
            await api("POST", MAPS, config_map(name))
        _, page = await api("GET", MAPS, limit="2")
        assert (page["metadata"]["remainingItemCount"], len(page["items"])) == (2, 2)
        assert "kind" not in page["items"][0]
        assert (await api("GET", MAPS, **{"continue": "nonsense"}))[0] == 400
        code, status = await api("GET", MAPS, resourceVersion="99999")
        assert (code, status["details"]["causes"][0]["reason"]) == (504, "ResourceVersionTooLarge")
        assert (await api("GET", MAPS, labelSelector="a b"))[0] == 400
        assert (await api("GET", MAPS, fieldSelector="data.x=1"))[0] == 400
        _, found = await api("GET", MAPS, fieldSelector="metadata.name=b")
        assert [item["metadata"]["name"] for item in found["items"]] == ["b"]

    on_cluster(case)


def test_watches(on_cluster) -> None:
    """A label that flips shows as DELETED and ADDED; a forgotten version is one ERROR with code 410."""

    async def case(api: Api) -> None:
        labeled = config_map()
        labeled["metadata"]["labels"] = {"on": "yes"}
        _, made = await api("POST", MAPS, labeled)
        for value in ("no", "yes"):
            await api("PATCH", f"{MAPS}/a", {"metadata": {"labels": {"on": value}}}, type_=MERGE)
        version = made["metadata"]["resourceVersion"]
        seen = await api.watch(MAPS, 1, resourceVersion=version, labelSelector="on=yes")
        assert [event["type"] for event in seen] == ["DELETED", "ADDED"]
        [error] = await api.watch(MAPS, 1, resourceVersion="1")
        assert (error["type"], error["object"]["code"], error["object"]["reason"]) == ("ERROR", 410, "Expired")
        seen = await api.watch(
            MAPS,
            1,
            sendInitialEvents="true",
            allowWatchBookmarks="true",
            resourceVersionMatch="NotOlderThan",
        )
        assert seen[-1]["type"] == "BOOKMARK"
        assert seen[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}

    on_cluster(case)


def test_finalizers_and_preconditions(on_cluster) -> None:
    """A finalizer holds, cannot be added late, and its removal deletes; a wrong uid deletes nothing."""

    async def case(api: Api) -> None:
        held = config_map()
        held["metadata"]["finalizers"] = ["example.org/f"]
        await api("POST", MAPS, held)
        wrong = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "x"}}
        assert (await api("DELETE", f"{MAPS}/a", wrong))[0] == 409
        code, found = await api("DELETE", f"{MAPS}/a")
        assert (code, found["kind"]) == (200, "ConfigMap")
        late = {"metadata": {"finalizers": ["example.org/f", "example.org/g"]}}
        assert (await api("PATCH", f"{MAPS}/a", late, type_=MERGE))[0] == 422
        await api("PATCH", f"{MAPS}/a", {"metadata": {"finalizers": None}}, type_=MERGE)
        assert (await api("GET", f"{MAPS}/a"))[0] == 404

    on_cluster(case)


def test_garbage_collection(on_cluster) -> None:
    """Dependents go in the background, hold their owner in the foreground, or are orphaned."""

    async def case(api: Api) -> None:
        for policy, left in (("Background", 404), ("Foreground", 404), ("Orphan", 200)):
            _, owner = await api("POST", MAPS, config_map("owner"))
            child = config_map("child")
            reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
            child["metadata"]["ownerReferences"] = [{**reference, "blockOwnerDeletion": True}]
            await api("POST", MAPS, child)
            await api("DELETE", f"{MAPS}/owner", propagationPolicy=policy)
            await asyncio.sleep(30)
            assert (await api("GET", f"{MAPS}/owner"))[0] == 404
            assert (await api("GET", f"{MAPS}/child"))[0] == left, policy

    on_cluster(case)


def test_namespace_termination(on_cluster) -> None:
    """A namespace that is being deleted takes nothing new, loses its contents, and goes last."""

    async def case(api: Api) -> None:
        await api("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})
        held = config_map("held")
        held["metadata"]["finalizers"] = ["example.org/f"]
        inside = "/api/v1/namespaces/n/configmaps"
        await api("POST", inside, held)
        code, found = await api("DELETE", "/api/v1/namespaces/n")
        assert (code, found["kind"], found["status"]["phase"]) == (200, "Namespace", "Terminating")
        code, status = await api("POST", inside, config_map("late"))
        assert (code, "because it is being terminated" in status["message"]) == (403, True)
        await asyncio.sleep(30)
        assert (await api("GET", "/api/v1/namespaces/n"))[0] == 200
        await api("PATCH", f"{inside}/held", {"metadata": {"finalizers": None}}, type_=MERGE)
        await asyncio.sleep(60)
        assert (await api("GET", "/api/v1/namespaces/n"))[0] == 404

    on_cluster(case)


def test_dry_run(on_cluster) -> None:
    """A dry run answers as if, stores nothing, and knows only the value All."""

    async def case(api: Api) -> None:
        assert (await api("POST", MAPS, config_map(), dryRun="All"))[0] == 201
        assert (await api("GET", f"{MAPS}/a"))[0] == 404
        assert (await api("POST", MAPS, config_map(), dryRun="Some"))[0] == 422

    on_cluster(case)
