"""Virtual resources: projection, backend, patches, subresources, turns."""

from __future__ import annotations

import asyncio

import pytest

from lab.apiserver.core.errors import ApiError, forbidden
from lab.apiserver.core.resource import Column, Resource, Subresource

PATH = "/apis/porch.example.org/v1/namespaces/default/packages"
RESOURCE = Resource(
    "porch.example.org",
    "v1",
    "packages",
    "package",
    "Package",
    namespaced=True,
    short_names=("pkg",),
    subresources=(Subresource("approval", "porch.example.org", "v1", "Package", ("get", "patch", "update")),),
    columns=(Column("Lifecycle", "string", ".spec.lifecycle"),),
)


class Backend:
    """A backend that takes its time and records what it was asked."""

    def __init__(self):
        self.calls = []
        self.wait = 0.0

    async def create(self, obj, user, dry_run):
        """Take it and add a status."""
        self.calls.append(("create", obj["metadata"]["name"], user.username, dry_run))
        await asyncio.sleep(self.wait)
        return {**obj, "status": {"made": True}}

    async def update(self, obj, old, subresource, user, dry_run):
        """Take it, but publish through approval only."""
        self.calls.append(("update", obj["metadata"]["name"], subresource, dry_run))
        if obj["spec"].get("lifecycle") == "Published" and not subresource:
            raise forbidden("packages.porch.example.org", obj["metadata"]["name"], "use approval")
        await asyncio.sleep(self.wait)
        return obj

    async def delete(self, obj, user, dry_run):
        """Delete unless it is published."""
        self.calls.append(("delete", obj["metadata"]["name"], user.username, dry_run))
        if obj["spec"].get("lifecycle") == "Published":
            raise ApiError(409, "Conflict", "published")


@pytest.fixture
def served(with_kube):
    """Runs a scenario with a client, a backend and its projection."""

    def run(scenario):
        async def wrapped(kube):
            backend = Backend()
            await scenario(kube, backend, kube.cluster.serve_virtual(RESOURCE, backend))

        with_kube(wrapped)

    return run


def package(name, **spec):
    """A draft."""
    return {
        "apiVersion": "porch.example.org/v1",
        "kind": "Package",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"lifecycle": "Draft", **spec},
    }


def test_reads_from_the_projection(served):
    """What the backend shows is listed, watched and printed; equal content tells nobody."""

    async def scenario(kube, backend, projection):
        projection.put(package("a"))
        watch = await kube.watch(PATH, resourceVersion=str(kube.cluster.rev))
        projection.put(package("a"))
        projection.put(package("a", size=2))
        projection.replace([package("b")])
        assert await watch.names(3) == [("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a")]
        headers = {"accept": "application/json;as=Table;g=meta.k8s.io;v=v1"}
        table = (await kube.ask("GET", PATH, headers=headers)).body
        assert (
            [column["name"] for column in table["columnDefinitions"]],
            table["rows"][0]["cells"],
        ) == (["Name", "Lifecycle"], ["b", "Draft"])
        assert backend.calls == []

    served(scenario)


def test_discovery(served):
    """The resource and its subresource are in discovery."""

    async def scenario(kube, backend, projection):
        found = (await kube.get("/apis/porch.example.org/v1")).body["resources"]
        assert [resource["name"] for resource in found] == ["packages", "packages/approval"]

    served(scenario)


def test_create_and_delete(served):
    """Writes go to the backend with the caller; the outcome is shown; a dry run is not."""

    async def scenario(kube, backend, projection):
        made = await kube.post(PATH, package("a"))
        assert (made.code, made.body["status"]) == (201, {"made": True})
        assert (await kube.post(PATH, package("a"))).code == 409
        assert (await kube.post(PATH, package("dry"), dryRun="All")).code == 201
        assert (await kube.get(f"{PATH}/dry")).code == 404
        assert (await kube.delete(f"{PATH}/a")).code == 200
        assert (await kube.get(f"{PATH}/a")).code == 404
        user = "kubernetes-admin"
        assert [
            ("create", "a", user, False),
            ("create", "dry", user, True),
            ("delete", "a", user, False),
        ] == backend.calls

    served(scenario)


def test_patch_and_approval(served):
    """Patches of main path and subresource reach the backend as whole objects; its refusals reach the client."""

    async def scenario(kube, backend, projection):
        projection.put(package("a"))
        done = await kube.patch(f"{PATH}/a", {"spec": {"tasks": [1]}})
        assert (done.body["spec"]["lifecycle"], done.body["spec"]["tasks"]) == ("Draft", [1])
        published = {"spec": {"lifecycle": "Published"}}
        assert (await kube.patch(f"{PATH}/a", published)).code == 403
        assert (await kube.patch(f"{PATH}/a/approval", published)).code == 200
        assert projection.get("default", "a")["spec"]["lifecycle"] == "Published"
        assert (await kube.delete(f"{PATH}/a")).code == 409
        stale = {"metadata": {"resourceVersion": "1"}, "spec": {"x": 1}}
        assert (await kube.patch(f"{PATH}/a", stale)).code == 409

    served(scenario)


def test_apply(served):
    """Server-side apply creates through the backend and changes through it."""

    async def scenario(kube, backend, projection):
        assert (await kube.apply(f"{PATH}/a", package("a"))).code == 201
        assert (await kube.apply(f"{PATH}/a", package("a", size=1))).code == 200
        assert [call[0] for call in backend.calls] == ["create", "update"]

    served(scenario)


def test_turns(served):
    """Two updates of one object take turns: the second one with a revision of before is 409."""

    async def scenario(kube, backend, projection):
        backend.wait = 1.0
        version = projection.put(package("a")).rv
        patches = [{"metadata": {"resourceVersion": str(version)}, "spec": {"size": size}} for size in (1, 2)]
        replies = await asyncio.gather(*(kube.patch(f"{PATH}/a", patch) for patch in patches))
        assert [reply.code for reply in replies] == [200, 409]

    served(scenario)


def test_not_persisted_and_removed_with_namespace(served):
    """A namespace that ends deletes its virtual objects through the backend."""

    async def scenario(kube, backend, projection):
        await kube.post("/api/v1/namespaces", {"metadata": {"name": "x"}})
        obj = package("a")
        obj["metadata"]["namespace"] = "x"
        projection.put(obj)
        await kube.delete("/api/v1/namespaces/x")
        await kube.api.clock.sleep(5)
        assert (await kube.get("/api/v1/namespaces/x")).code == 404
        assert backend.calls == [("delete", "a", "system:serviceaccount:kube-system:namespace-controller", False)]

    served(scenario)
