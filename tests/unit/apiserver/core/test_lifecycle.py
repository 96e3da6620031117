"""Deletion, finalizers, garbage collection, namespaces and definitions over virtual time."""

from __future__ import annotations

import pytest

MAPS = "/api/v1/namespaces/default/configmaps"
NAMESPACES = "/api/v1/namespaces"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GADGETS = "/apis/example.org/v1/namespaces/default/gadgets"


async def make(kube, name, owner=None, block=False, **metadata):
    """Create a ConfigMap, owned by another one if given."""
    body = {"metadata": {"name": name, **metadata}}
    if owner is not None:
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["metadata"]["name"]}
        reference |= {"uid": owner["metadata"]["uid"], "blockOwnerDeletion": block}
        body["metadata"]["ownerReferences"] = [reference]
    reply = await kube.post(MAPS, body)
    assert reply.code == 201
    return reply.body


def test_delete_answers_with_status(with_kube):
    """The deletion of a plain object answers with a Status that has its uid; a second one is 404."""

    async def scenario(kube):
        made = await make(kube, "a")
        reply = await kube.delete(f"{MAPS}/a")
        assert (reply.body["kind"], reply.body["status"]) == ("Status", "Success")
        assert made["metadata"]["uid"] == reply.body["details"]["uid"]
        assert (await kube.delete(f"{MAPS}/a")).code == 404

    with_kube(scenario)


def test_delete_preconditions(with_kube):
    """Another uid in the preconditions is 409 and deletes nothing; a dry run deletes nothing."""

    async def scenario(kube):
        await make(kube, "a")
        assert (await kube.delete(f"{MAPS}/a", {"preconditions": {"uid": "other"}})).code == 409
        assert (await kube.delete(f"{MAPS}/a", {"dryRun": ["All"]})).code == 200
        assert (await kube.get(f"{MAPS}/a")).code == 200
        assert (await kube.delete(f"{MAPS}/a", propagationPolicy="Sideways")).code == 422

    with_kube(scenario)


def test_finalizers(with_kube):
    """A finalizer holds a deleted object; none can be added to it; without the last one it is gone."""

    async def scenario(kube):
        await make(kube, "a", finalizers=["example.org/hold"])
        watch = await kube.watch(MAPS, resourceVersion=str(kube.cluster.rev))
        held = (await kube.delete(f"{MAPS}/a")).body
        assert held["metadata"]["deletionTimestamp"]
        again = (await kube.delete(f"{MAPS}/a")).body
        assert held["metadata"]["resourceVersion"] == again["metadata"]["resourceVersion"]
        more = {"metadata": {"finalizers": ["example.org/hold", "example.org/more"]}}
        assert (await kube.patch(f"{MAPS}/a", more)).code == 422
        assert (await kube.patch(f"{MAPS}/a", {"metadata": {"finalizers": None}})).code == 200
        assert (await kube.get(f"{MAPS}/a")).code == 404
        assert await watch.names(2) == [("MODIFIED", "a"), ("DELETED", "a")]

    with_kube(scenario)


def test_background_collection(with_kube):
    """Dependents of a deleted owner go a moment later, and theirs after them."""

    async def scenario(kube):
        parent = await make(kube, "parent")
        child = await make(kube, "child", parent)
        await make(kube, "grandchild", child)
        await kube.delete(f"{MAPS}/parent")
        assert (await kube.get(f"{MAPS}/child")).code == 200
        await kube.api.clock.sleep(2)
        assert [(await kube.get(f"{MAPS}/{name}")).code for name in ("child", "grandchild")] == [404, 404]

    with_kube(scenario)


def test_foreground_collection(with_kube):
    """In the foreground the owner stays until dependents that block it are gone."""

    async def scenario(kube):
        parent = await make(kube, "parent")
        await make(kube, "child", parent, block=True, finalizers=["example.org/hold"])
        held = await kube.delete(f"{MAPS}/parent", propagationPolicy="Foreground")
        assert held.body["metadata"]["finalizers"] == ["foregroundDeletion"]
        await kube.api.clock.sleep(2)
        assert (await kube.get(f"{MAPS}/child")).body["metadata"]["deletionTimestamp"]
        assert (await kube.get(f"{MAPS}/parent")).code == 200
        await kube.patch(f"{MAPS}/child", {"metadata": {"finalizers": None}})
        await kube.api.clock.sleep(2)
        assert (await kube.get(f"{MAPS}/parent")).code == 404

    with_kube(scenario)


def test_orphans(with_kube):
    """With the policy Orphan dependents stay and lose their reference."""

    async def scenario(kube):
        parent = await make(kube, "parent")
        await make(kube, "child", parent)
        await kube.delete(f"{MAPS}/parent", propagationPolicy="Orphan")
        await kube.api.clock.sleep(2)
        assert (await kube.get(f"{MAPS}/parent")).code == 404
        assert "ownerReferences" not in (await kube.get(f"{MAPS}/child")).body["metadata"]

    with_kube(scenario)


def test_owner_that_never_was(with_kube):
    """An object whose owner does not exist is collected; one with another living owner only loses the reference."""

    async def scenario(kube):
        ghost = {"metadata": {"name": "ghost", "uid": "22222222-2222-2222-2222-222222222222"}}
        await make(kube, "child", ghost)
        await kube.api.clock.sleep(2)
        assert (await kube.get(f"{MAPS}/child")).code == 404

    with_kube(scenario)


def test_delete_collection(with_kube):
    """deletecollection deletes what the selector means and answers with the list of it."""

    async def scenario(kube):
        await make(kube, "a", labels={"x": "1"})
        await make(kube, "b")
        reply = await kube.delete(MAPS, labelSelector="x=1")
        assert [item["metadata"]["name"] for item in reply.body["items"]] == ["a"]
        assert [(await kube.get(f"{MAPS}/{name}")).code for name in "ab"] == [404, 200]

    with_kube(scenario)


def test_new_namespace(with_kube):
    """A new namespace gets its label, its default ServiceAccount and the root certificate a moment later."""

    async def scenario(kube):
        made = (await kube.post(NAMESPACES, {"metadata": {"name": "x"}})).body
        assert (made["status"]["phase"], made["spec"]["finalizers"]) == ("Active", ["kubernetes"])
        assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "x"}
        await kube.api.clock.sleep(1)
        assert (await kube.get(f"{NAMESPACES}/x/serviceaccounts/default")).code == 200
        assert "ca.crt" in (await kube.get(f"{NAMESPACES}/x/configmaps/kube-root-ca.crt")).body["data"]
        await kube.delete(f"{NAMESPACES}/x/serviceaccounts/default")
        await kube.api.clock.sleep(1)
        assert (await kube.get(f"{NAMESPACES}/x/serviceaccounts/default")).code == 200

    with_kube(scenario)


def test_namespace_ends(with_kube):
    """A deleted namespace is Terminating, refuses new content, loses its contents, and then goes."""

    async def scenario(kube):
        await kube.post(NAMESPACES, {"metadata": {"name": "x"}})
        body = {"metadata": {"name": "held", "finalizers": ["example.org/hold"]}}
        await kube.post(f"{NAMESPACES}/x/configmaps", body)
        reply = (await kube.delete(f"{NAMESPACES}/x")).body
        assert (reply["kind"], reply["status"]["phase"]) == ("Namespace", "Terminating")
        refused = await kube.post(f"{NAMESPACES}/x/configmaps", {"metadata": {"name": "late"}})
        assert (refused.code, refused.body["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")
        await kube.api.clock.sleep(5)
        conditions = (await kube.get(f"{NAMESPACES}/x")).body["status"]["conditions"]
        told = {c["type"]: c["message"] for c in conditions if c["status"] == "True"}
        assert "example.org/hold in 1 resource instances" in told["NamespaceFinalizersRemaining"]
        await kube.patch(f"{NAMESPACES}/x/configmaps/held", {"metadata": {"finalizers": None}})
        await kube.api.clock.sleep(5)
        assert (await kube.get(f"{NAMESPACES}/x")).code == 404
        assert not [key for key in kube.cluster.table("configmaps") if key[0] == "x"]

    with_kube(scenario)


def test_definition_is_served_after_a_moment(with_kube, gadgets):
    """A definition is served when it is Established, not when it is created."""

    async def scenario(kube):
        made = (await kube.post(CRDS, gadgets)).body
        assert {"conditions": None, "storedVersions": ["v1"]}.items() <= made["status"].items()
        assert (await kube.get(GADGETS)).code == 404
        await kube.api.clock.sleep(1)
        assert (await kube.get(GADGETS)).code == 200
        conditions = (await kube.get(f"{CRDS}/gadgets.example.org")).body["status"]["conditions"]
        assert {c["type"]: c["status"] for c in conditions} == {"NamesAccepted": "True", "Established": "True"}
        groups = (await kube.get("/apis")).body["groups"]
        assert "example.org" in [group["name"] for group in groups]

    with_kube(scenario)


def test_definition_ends(with_kube, gadgets):
    """Deleting a definition deletes its instances, respects their finalizers, and ends its watches."""

    async def scenario(kube):
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "spec": {"size": 1}}
        gadget["metadata"] = {"name": "g", "finalizers": ["example.org/hold"]}
        assert (await kube.post(GADGETS, gadget)).code == 201
        watch = await kube.watch(GADGETS, resourceVersion=str(kube.cluster.rev))
        reply = (await kube.delete(f"{CRDS}/gadgets.example.org")).body
        assert reply["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
        await kube.api.clock.sleep(1)
        assert (await kube.post(GADGETS, {**gadget, "metadata": {"name": "late"}})).code == 405
        await kube.patch(f"{GADGETS}/g", {"metadata": {"finalizers": None}})
        await kube.api.clock.sleep(1)
        assert await watch.names(2) == [("MODIFIED", "g"), ("DELETED", "g")]
        with pytest.raises(StopAsyncIteration):
            await watch.next()
        assert (await kube.get(GADGETS)).code == 404

    with_kube(scenario)


def test_definition_name_rule(with_kube, gadgets):
    """A definition whose name is not plural and group is 422."""

    async def scenario(kube):
        refused = await kube.post(CRDS, {**gadgets, "metadata": {"name": "other.example.org"}})
        assert (refused.code, refused.body["details"]["causes"][0]["field"]) == (422, "metadata.name")

    with_kube(scenario)


def test_definition_with_taken_names(with_kube, gadgets):
    """A second definition with the kind of the first is stored but not served."""

    async def scenario(kube):
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        spec = {**gadgets["spec"], "names": {"plural": "widgets", "kind": "Gadget"}}
        await kube.post(CRDS, {**gadgets, "metadata": {"name": "widgets.example.org"}, "spec": spec})
        await kube.api.clock.sleep(1)
        found = (await kube.get(f"{CRDS}/widgets.example.org")).body
        assert {c["type"]: c["status"] for c in found["status"]["conditions"]} == {
            "NamesAccepted": "False",
            "Established": "False",
        }
        assert (await kube.get("/apis/example.org/v1/widgets")).code == 404

    with_kube(scenario)


def test_versions_share_storage(with_kube, gadgets):
    """An object of one version is read in another: only its apiVersion changes."""

    async def scenario(kube):
        gadgets["spec"]["versions"].append({**gadgets["spec"]["versions"][0], "name": "v2", "storage": False})
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"size": 1}}
        await kube.post(GADGETS, gadget)
        other = GADGETS.replace("v1", "v2")
        assert (await kube.get(f"{other}/g")).body["apiVersion"] == "example.org/v2"
        assert [item["apiVersion"] for item in (await kube.get(other)).body["items"]] == ["example.org/v2"]

    with_kube(scenario)


def test_schema_faults(with_kube, gadgets):
    """A custom resource that breaks its schema is 422 with a cause per field."""

    async def scenario(kube):
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}}
        refused = await kube.post(GADGETS, {**gadget, "spec": {"size": 0, "color": 7}})
        assert {"spec.size", "spec.color"} == {cause["field"] for cause in refused.body["details"]["causes"]}
        assert (await kube.post(GADGETS, {**gadget, "spec": {}})).code == 422
        made = await kube.post(GADGETS, {**gadget, "spec": {"size": 1, "unknown": 2}})
        assert made.body["spec"] == {"size": 1, "color": "blue"}

    with_kube(scenario)


def test_token_secret(with_kube):
    """A Secret of the token type is filled for its account, and goes with it."""

    async def scenario(kube):
        accounts = "/api/v1/namespaces/default/serviceaccounts"
        await kube.post(accounts, {"metadata": {"name": "bot"}})
        secret = {"metadata": {"name": "bot-token", "annotations": {"kubernetes.io/service-account.name": "bot"}}}
        secret["type"] = "kubernetes.io/service-account-token"
        await kube.post("/api/v1/namespaces/default/secrets", secret)
        await kube.api.clock.sleep(1)
        filled = (await kube.get("/api/v1/namespaces/default/secrets/bot-token")).body
        assert {"token", "ca.crt", "namespace"} == filled["data"].keys()
        await kube.delete(f"{accounts}/bot")
        assert (await kube.get("/api/v1/namespaces/default/secrets/bot-token")).code == 404

    with_kube(scenario)


def test_events_expire(with_kube):
    """An Event is gone an hour after its last change, not before."""

    async def scenario(kube):
        path = "/api/v1/namespaces/default/events"
        event = {"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"}}
        assert (await kube.post(path, event)).code == 201
        await kube.api.clock.sleep(3000)
        assert (await kube.patch(f"{path}/e", {"count": 2})).code == 200
        await kube.api.clock.sleep(3000)
        assert (await kube.get(f"{path}/e")).code == 200
        await kube.api.clock.sleep(700)
        assert (await kube.get(f"{path}/e")).code == 404

    with_kube(scenario)
