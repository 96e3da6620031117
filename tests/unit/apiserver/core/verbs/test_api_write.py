"""create, update, patch, apply through the whole pipeline."""

from __future__ import annotations

import base64

MAPS = "/api/v1/namespaces/default/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GADGETS = "/apis/example.org/v1/namespaces/default/gadgets"


def config_map(name, **data):
    """A ConfigMap with this data."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_create_fills_metadata(with_kube):
    """A new object gets uid, time, revision and managed fields; a ConfigMap has no generation."""

    async def scenario(kube):
        made = await kube.post(MAPS, config_map("a", x="1"))
        assert made.code == 201
        metadata = made.body["metadata"]
        assert {"uid", "creationTimestamp", "resourceVersion", "managedFields"} <= metadata.keys()
        assert "generation" not in metadata
        assert metadata["namespace"] == "default"

    with_kube(scenario)


def test_create_twice(with_kube):
    """The second create of a name is 409 AlreadyExists with name and kind in the details."""

    async def scenario(kube):
        await kube.post(MAPS, config_map("a"))
        again = await kube.post(MAPS, config_map("a"))
        assert (again.code, again.body["reason"]) == (409, "AlreadyExists")
        assert again.body["details"] == {"name": "a", "kind": "configmaps"}
        assert again.body["message"] == 'configmaps "a" already exists'

    with_kube(scenario)


def test_create_with_resource_version(with_kube):
    """A resourceVersion on create is 500 without a reason."""

    async def scenario(kube):
        body = config_map("a")
        body["metadata"]["resourceVersion"] = "5"
        refused = await kube.post(MAPS, body)
        assert refused.code == 500
        assert refused.body["message"] == "resourceVersion should not be set on objects to be created"
        assert "reason" not in refused.body

    with_kube(scenario)


def test_generate_name(with_kube):
    """generateName keeps the prefix and adds five characters, another five each time."""

    async def scenario(kube):
        body = {"metadata": {"generateName": "job-"}}
        names = {(await kube.post(MAPS, body)).body["metadata"]["name"] for _ in range(2)}
        assert len(names) == 2
        assert all(name.startswith("job-") and len(name) == 9 for name in names)

    with_kube(scenario)


def test_missing_namespace(with_kube):
    """Creating into a namespace that is missing is 404 for the namespace."""

    async def scenario(kube):
        refused = await kube.post("/api/v1/namespaces/nowhere/configmaps", config_map("a"))
        assert (refused.code, refused.body["message"]) == (404, 'namespaces "nowhere" not found')

    with_kube(scenario)


def test_namespace_mismatch(with_kube):
    """A namespace in the body that is not the path's is 400."""

    async def scenario(kube):
        body = config_map("a")
        body["metadata"]["namespace"] = "kube-system"
        assert (await kube.post(MAPS, body)).code == 400

    with_kube(scenario)


def test_field_validation(with_kube):
    """Strict refuses an unknown field, the default warns of it, Ignore is silent."""

    async def scenario(kube):
        body = {**config_map("a"), "spectacles": 1}
        strict = await kube.post(MAPS, body, fieldValidation="Strict")
        assert (
            strict.code,
            'strict decoding error: unknown field "spectacles"' in strict.body["message"],
        ) == (400, True)
        warned = await kube.post(MAPS, body)
        assert (warned.code, warned.headers["warning"]) == (201, '299 - "unknown field \\"spectacles\\""')
        assert "spectacles" not in warned.body
        silent = await kube.post(MAPS, {**body, "metadata": {"name": "b"}}, fieldValidation="Ignore")
        assert (silent.code, "warning" in silent.headers) == (201, False)

    with_kube(scenario)


def test_duplicate_key(with_kube):
    """A key that the JSON repeats is refused under Strict."""

    async def scenario(kube):
        body = b'{"metadata":{"name":"a"},"data":{"k":"1","k":"2"}}'
        refused = await kube.post(MAPS, body, fieldValidation="Strict")
        assert (refused.code, 'duplicate field "data.k"' in refused.body["message"]) == (400, True)

    with_kube(scenario)


def test_malformed_bodies(with_kube):
    """Broken JSON, another kind and another version are 400, an unknown media type 415."""

    async def scenario(kube):
        assert (await kube.post(MAPS, b"{nonsense")).code == 400
        assert (await kube.post(MAPS, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}})).code == 400
        assert (await kube.post(MAPS, {"apiVersion": "v2", "kind": "ConfigMap"})).code == 400
        assert (await kube.ask("POST", MAPS, b"x", {"content-type": "text/plain"})).code == 415

    with_kube(scenario)


def test_dry_run_stores_nothing(with_kube):
    """A dry run answers as the real thing and leaves no trace."""

    async def scenario(kube):
        before = kube.cluster.rev
        assert (await kube.post(MAPS, config_map("a"), dryRun="All")).code == 201
        assert before == kube.cluster.rev
        assert (await kube.get(f"{MAPS}/a")).code == 404
        assert (await kube.post(MAPS, config_map("a"), dryRun="Some")).code == 422

    with_kube(scenario)


def test_update_conflicts(with_kube):
    """A stale resourceVersion or a foreign uid is 409; none at all succeeds; another name is 400; absent is 404."""

    async def scenario(kube):
        made = (await kube.post(MAPS, config_map("a", x="1"))).body
        await kube.patch(f"{MAPS}/a", {"data": {"x": "2"}})
        stale = await kube.put(f"{MAPS}/a", made)
        assert (stale.code, stale.body["reason"]) == (409, "Conflict")
        assert "the object has been modified; please apply your changes" in stale.body["message"]
        foreign = config_map("a")
        foreign["metadata"]["uid"] = "11111111-1111-1111-1111-111111111111"
        assert (await kube.put(f"{MAPS}/a", foreign)).code == 409
        assert (await kube.put(f"{MAPS}/a", config_map("a", x="3"))).code == 200
        assert (await kube.put(f"{MAPS}/a", config_map("b"))).code == 400
        assert (await kube.put(f"{MAPS}/b", config_map("b"))).code == 404

    with_kube(scenario)


def test_idle_write(with_kube):
    """A write that changes nothing keeps the resourceVersion and tells no watch."""

    async def scenario(kube):
        made = (await kube.post(MAPS, config_map("a", x="1"))).body
        version = made["metadata"]["resourceVersion"]
        watch = await kube.watch(MAPS, resourceVersion=version)
        again = await kube.put(f"{MAPS}/a", made)
        patched = await kube.patch(f"{MAPS}/a", {"data": {"x": "1"}})
        assert version == again.body["metadata"]["resourceVersion"] == patched.body["metadata"]["resourceVersion"]
        assert await watch.quiet(5)

    with_kube(scenario)


def test_patches(with_kube):
    """JSON, merge and strategic patches change what they name; a strategic one knows lists by key."""

    async def scenario(kube):
        await kube.post(MAPS, config_map("a", x="1", y="2"))
        merged = await kube.patch(f"{MAPS}/a", {"data": {"x": None, "z": "3"}})
        assert merged.body["data"] == {"y": "2", "z": "3"}
        operations = [{"op": "replace", "path": "/data/z", "value": "4"}]
        assert (await kube.patch(f"{MAPS}/a", operations, "json")).body["data"]["z"] == "4"
        failing = [{"op": "test", "path": "/data/z", "value": "9"}]
        assert (await kube.patch(f"{MAPS}/a", failing, "json")).code == 422
        pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": n, "image": "i"} for n in "ab"]}}
        await kube.post("/api/v1/namespaces/default/pods", pod)
        change = {"spec": {"containers": [{"name": "b", "image": "new"}]}}
        done = await kube.patch("/api/v1/namespaces/default/pods/p", change, "strategic")
        assert {c["name"]: c["image"] for c in done.body["spec"]["containers"]} == {"a": "i", "b": "new"}

    with_kube(scenario)


def test_patch_types(with_kube, gadgets):
    """An unknown patch type is 415, and so is a strategic patch of a custom resource."""

    async def scenario(kube):
        await kube.post(MAPS, config_map("a"))
        assert (await kube.ask("PATCH", f"{MAPS}/a", {}, {"content-type": "application/json"})).code == 415
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"size": 1}}
        await kube.post(GADGETS, gadget)
        assert (await kube.patch(f"{GADGETS}/g", {}, "strategic")).code == 415

    with_kube(scenario)


def test_patch_with_stale_version(with_kube):
    """A resourceVersion in a patch is a precondition."""

    async def scenario(kube):
        await kube.post(MAPS, config_map("a"))
        stale = {"metadata": {"resourceVersion": "1"}, "data": {"x": "1"}}
        assert (await kube.patch(f"{MAPS}/a", stale)).code == 409

    with_kube(scenario)


def test_apply_creates_and_conflicts(with_kube):
    """An apply creates; a second manager gets 409 for a field of the first, and takes it by force."""

    async def scenario(kube):
        assert (await kube.apply(f"{MAPS}/a", config_map("a", x="1"), "alice")).code == 201
        refused = await kube.apply(f"{MAPS}/a", config_map("a", x="2"), "bob")
        assert refused.code == 409
        assert [(c["reason"], c["field"], c["message"]) for c in refused.body["details"]["causes"]] == [
            ("FieldManagerConflict", ".data.x", 'conflict with "alice"')
        ]
        assert (await kube.apply(f"{MAPS}/a", config_map("a", x="2"), "bob", force="true")).code == 200
        assert (await kube.apply(f"{MAPS}/a", config_map("a"), "bob")).code == 200
        left = (await kube.get(f"{MAPS}/a")).body
        assert left.get("data", {}) == {}

    with_kube(scenario)


def test_apply_again(with_kube):
    """The same apply again changes neither revision nor managed fields, and does no work twice."""

    async def scenario(kube):
        body = config_map("a", x="1")
        first = await kube.apply(f"{MAPS}/a", body, "alice")
        again = await kube.apply(f"{MAPS}/a", body, "alice")
        assert first.body == again.body
        assert len(kube.cluster.get("configmaps", ("default", "a")).applied) == 1

    with_kube(scenario)


def test_apply_needs_a_manager(with_kube):
    """An apply without field manager is 422; with managed fields in the body, 400."""

    async def scenario(kube):
        assert (await kube.patch(f"{MAPS}/a", config_map("a"), "apply")).code == 422
        body = config_map("a")
        body["metadata"]["managedFields"] = [{"manager": "x"}]
        assert (await kube.apply(f"{MAPS}/a", body)).code == 400

    with_kube(scenario)


def test_secret_text(with_kube):
    """The stringData of a Secret is stored as base64 in data."""

    async def scenario(kube):
        body = {"metadata": {"name": "s"}, "stringData": {"password": "word"}}
        made = (await kube.post("/api/v1/namespaces/default/secrets", body)).body
        assert {"password": base64.b64encode(b"word").decode()} == made["data"]
        assert "stringData" not in made

    with_kube(scenario)


def test_service_addresses(with_kube):
    """Services get addresses of the cluster's network, each its own, and keep them on update."""

    async def scenario(kube):
        path = "/api/v1/namespaces/default/services"
        spec = {"ports": [{"port": 80}], "type": "NodePort"}
        made = [(await kube.post(path, {"metadata": {"name": n}, "spec": spec})).body for n in ("a", "b")]
        assert len({service["spec"]["clusterIP"] for service in made}) == 2
        assert 30000 <= made[0]["spec"]["ports"][0]["nodePort"] <= 32767
        body = {"metadata": {"name": "a"}, "spec": {**spec, "selector": {"a": "b"}}}
        after = (await kube.put(f"{path}/a", body)).body
        assert made[0]["spec"]["clusterIP"] == after["spec"]["clusterIP"]

    with_kube(scenario)


def test_status_is_isolated(with_kube, gadgets):
    """The main path ignores status, the status path ignores spec; generation follows the spec."""

    async def scenario(kube):
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"size": 1}}
        made = (await kube.post(GADGETS, {**gadget, "status": {"ready": True}})).body
        assert (made["metadata"]["generation"], made["spec"]["color"], "status" in made) == (1, "blue", False)
        after = (await kube.patch(f"{GADGETS}/g/status", {"spec": {"size": 5}, "status": {"ready": True}})).body
        assert (after["spec"]["size"], after["status"]["ready"], after["metadata"]["generation"]) == (1, True, 1)
        assert after["metadata"]["managedFields"][-1]["subresource"] == "status"
        after = (await kube.patch(f"{GADGETS}/g", {"spec": {"size": 2}, "status": {"ready": False}})).body
        assert (after["spec"]["size"], after["status"]["ready"], after["metadata"]["generation"]) == (2, True, 2)
        labeled = (await kube.patch(f"{GADGETS}/g", {"metadata": {"labels": {"a": "b"}}})).body
        assert labeled["metadata"]["generation"] == 2

    with_kube(scenario)


def test_scale(with_kube, gadgets):
    """The scale of a Deployment and of a custom resource reads and writes replicas only."""

    async def scenario(kube):
        path = "/apis/apps/v1/namespaces/default/deployments"
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        spec = {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "template": template}
        await kube.post(path, {"metadata": {"name": "d"}, "spec": spec})
        scale = (await kube.get(f"{path}/d/scale")).body
        assert (scale["kind"], scale["spec"]["replicas"], scale["status"]["selector"]) == ("Scale", 2, "a=b")
        scale["spec"]["replicas"] = 5
        assert (await kube.put(f"{path}/d/scale", scale)).body["spec"]["replicas"] == 5
        assert (await kube.put(f"{path}/d/scale", scale)).code == 409
        assert (await kube.patch(f"{path}/d/scale", {"spec": {"replicas": 7}})).body["spec"]["replicas"] == 7
        deployment = (await kube.get(f"{path}/d")).body
        assert deployment["spec"]["replicas"] == 7
        assert "scale" in {entry.get("subresource") for entry in deployment["metadata"]["managedFields"]}
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}}
        await kube.post(GADGETS, {**gadget, "spec": {"size": 1, "replicas": 1}})
        assert (await kube.patch(f"{GADGETS}/g/scale", {"spec": {"replicas": 3}})).body["spec"]["replicas"] == 3

    with_kube(scenario)


def test_custom_update_needs_version(with_kube, gadgets):
    """PUT of a custom resource without resourceVersion is 422."""

    async def scenario(kube):
        await kube.post(CRDS, gadgets)
        await kube.api.clock.sleep(1)
        gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}, "spec": {"size": 1}}
        await kube.post(GADGETS, gadget)
        refused = await kube.put(f"{GADGETS}/g", gadget)
        assert (refused.code, "must be specified for an update" in refused.body["message"]) == (422, True)

    with_kube(scenario)


def test_admission(with_kube):
    """Admission functions may change, warn and refuse; a guard of the lab sees old and new."""

    async def scenario(kube):
        from lab.apiserver.core.errors import forbidden

        def admit(attributes, obj, old):
            if attributes.resource != "configmaps":
                return obj, []
            if attributes.operation == "DELETE":
                raise forbidden("configmaps", attributes.name, "kept by the lab")
            obj["data"]["seen"] = attributes.operation
            return obj, ["looked at"]

        kube.cluster.admission.append(admit)
        made = await kube.post(MAPS, config_map("a", x="1"))
        assert (made.body["data"]["seen"], made.headers["warning"]) == ("CREATE", '299 - "looked at"')
        assert (await kube.delete(f"{MAPS}/a")).code == 403

    with_kube(scenario)
