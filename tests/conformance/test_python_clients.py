"""The official Kubernetes client and kr8s take an embedded cluster for a normal one."""

import asyncio
import threading

import kr8s
import pytest
import yaml
from kubernetes import client, config, dynamic, utils, watch

CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.clients.example.org"},
    "spec": {
        "group": "clients.example.org",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                    }
                },
            }
        ],
    },
}


@pytest.fixture(scope="module")
def api(kubeconfig):
    """A client of the official package."""
    with config.new_client_from_config(str(kubeconfig)) as made:
        yield made


@pytest.fixture(scope="module")
def core(api):
    """The core group."""
    return client.CoreV1Api(api)


def config_map(name: str, **data: str) -> client.V1ConfigMap:
    """A ConfigMap of the official package."""
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name), data=data)


def test_version(api) -> None:
    """The version is read."""
    assert client.VersionApi(api).get_code().git_version == "v1.34.4-lab"


def test_typed_life_of_an_object(core, namespace) -> None:
    """Create, read, list, patch, replace, delete."""
    made = core.create_namespaced_config_map(namespace, config_map("a", x="1"))
    assert made.metadata.uid
    assert core.read_namespaced_config_map("a", namespace).data == {"x": "1"}
    assert "a" in [item.metadata.name for item in core.list_namespaced_config_map(namespace).items]
    patched = core.patch_namespaced_config_map("a", namespace, {"data": {"y": "2"}})
    assert patched.data == {"x": "1", "y": "2"}
    patched.data = {"z": "3"}
    assert core.replace_namespaced_config_map("a", namespace, patched).data == {"z": "3"}
    with pytest.raises(client.ApiException) as refused:
        core.replace_namespaced_config_map("a", namespace, made)
    assert refused.value.status == 409
    core.delete_namespaced_config_map("a", namespace)
    with pytest.raises(client.ApiException) as refused:
        core.read_namespaced_config_map("a", namespace)
    assert refused.value.status == 404


def test_paging_is_one_snapshot(core, namespace) -> None:
    """Pages go on from where they were, whatever is written in between."""
    for name in ("a", "b", "c"):
        core.create_namespaced_config_map(namespace, config_map(name))
    first = core.list_namespaced_config_map(namespace, limit=2)
    core.create_namespaced_config_map(namespace, config_map("ab"))
    rest = core.list_namespaced_config_map(namespace, limit=2, _continue=first.metadata._continue)
    names = [item.metadata.name for item in (*first.items, *rest.items)]
    assert names == ["a", "b", "c", "kube-root-ca.crt"]


def test_watch_from_a_list(core, namespace) -> None:
    """A watch from a list's version shows what came after, and nothing else."""
    core.create_namespaced_config_map(namespace, config_map("before"))
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.create_namespaced_config_map(namespace, config_map("after"))
    core.delete_namespaced_config_map("before", namespace)
    seen = []
    stream = watch.Watch()
    for event in stream.stream(core.list_namespaced_config_map, namespace, resource_version=version, timeout_seconds=5):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 2:
            stream.stop()
    assert seen == [("ADDED", "after"), ("DELETED", "before")]


def test_watch_sees_live_changes(core, namespace) -> None:
    """An open watch is told of changes as they happen."""
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    writer = threading.Timer(0.1, core.create_namespaced_config_map, (namespace, config_map("live")))
    writer.start()
    stream = watch.Watch()
    for event in stream.stream(core.list_namespaced_config_map, namespace, resource_version=version, timeout_seconds=5):
        assert (event["type"], event["object"].metadata.name) == ("ADDED", "live")
        stream.stop()
    writer.join()


def test_expired_watch(core, namespace) -> None:
    """A version that the server has forgotten is 410."""
    stream = watch.Watch()
    with pytest.raises(client.ApiException) as refused:
        for _ in stream.stream(core.list_namespaced_config_map, namespace, resource_version="1", timeout_seconds=5):
            pass
    assert refused.value.status == 410


def test_dynamic_client(api, namespace) -> None:
    """The dynamic client finds kinds by discovery and applies on the server."""
    maps = dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dynamic"}, "data": {"a": "b"}}
    applied = maps.server_side_apply(body=body, name="dynamic", namespace=namespace, field_manager="tester")
    assert applied.data.a == "b"
    assert [entry.operation for entry in applied.metadata.managedFields] == ["Apply"]
    assert maps.get(name="dynamic", namespace=namespace).data.a == "b"


def test_custom_objects(api, namespace) -> None:
    """A custom kind is defined, awaited, used and removed."""
    definitions = client.ApiextensionsV1Api(api)
    definitions.create_custom_resource_definition(CRD)
    try:
        for event in watch.Watch().stream(definitions.list_custom_resource_definition, timeout_seconds=5):
            conditions = (
                {c.type: c.status for c in event["object"].status.conditions or ()} if event["object"].status else {}
            )
            if event["object"].metadata.name == CRD["metadata"]["name"] and conditions.get("Established") == "True":
                break
        objects = client.CustomObjectsApi(api)
        at = ("clients.example.org", "v1", namespace, "widgets")
        body = {
            "apiVersion": "clients.example.org/v1",
            "kind": "Widget",
            "metadata": {"name": "w"},
            "spec": {"size": 1},
        }
        assert objects.create_namespaced_custom_object(*at, body)["metadata"]["generation"] == 1
        patched = objects.patch_namespaced_custom_object(*at, "w", {"spec": {"size": 2}})
        assert (patched["spec"]["size"], patched["metadata"]["generation"]) == (2, 2)
        assert len(objects.list_namespaced_custom_object(*at)["items"]) == 1
    finally:
        definitions.delete_custom_resource_definition(CRD["metadata"]["name"])


def test_create_from_yaml(api, core, namespace, tmp_path) -> None:
    """A file of several objects is created."""
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}}
        for name in ("one", "two")
    ]
    file = tmp_path / "objects.yaml"
    file.write_text(yaml.safe_dump_all(objects))
    utils.create_from_yaml(api, str(file))
    assert core.read_namespaced_config_map("two", namespace).metadata.name == "two"


def test_access_reviews(api) -> None:
    """An administrator is allowed what a stranger is not."""
    reviews = client.AuthorizationV1Api(api)
    attributes = client.V1ResourceAttributes(verb="delete", resource="pods", namespace="default")
    own = client.V1SelfSubjectAccessReview(spec=client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes))
    assert reviews.create_self_subject_access_review(own).status.allowed
    other = client.V1SubjectAccessReview(
        spec=client.V1SubjectAccessReviewSpec(resource_attributes=attributes, user="stranger")
    )
    assert not reviews.create_subject_access_review(other).status.allowed


def test_delete_collection(core, namespace) -> None:
    """All objects that a selector chooses are deleted at once."""
    for name in ("a", "b"):
        body = config_map(name)
        body.metadata.labels = {"go": "yes"}
        core.create_namespaced_config_map(namespace, body)
    core.delete_collection_namespaced_config_map(namespace, label_selector="go=yes")
    assert not core.list_namespaced_config_map(namespace, label_selector="go=yes").items


def test_eviction(core, namespace) -> None:
    """A pod is evicted."""
    spec = client.V1PodSpec(containers=[client.V1Container(name="c", image="busybox")])
    core.create_namespaced_pod(namespace, client.V1Pod(metadata=client.V1ObjectMeta(name="p"), spec=spec))
    core.create_namespaced_pod_eviction("p", namespace, client.V1Eviction(metadata=client.V1ObjectMeta(name="p")))
    left = core.list_namespaced_pod(namespace)
    stream, version = watch.Watch(), left.metadata.resource_version
    gone = not left.items
    while not gone:
        for event in stream.stream(core.list_namespaced_pod, namespace, resource_version=version, timeout_seconds=5):
            gone = event["type"] == "DELETED"
            if gone:
                stream.stop()
    assert not core.list_namespaced_pod(namespace).items


def test_kr8s(kubeconfig, namespace) -> None:
    """kr8s creates, reads, patches, labels, lists and deletes, built-in and unknown kinds alike."""

    async def life() -> None:
        api = await kr8s.asyncio.api(kubeconfig=str(kubeconfig))
        assert (await api.version())["gitVersion"] == "v1.34.4-lab"
        made = await kr8s.asyncio.objects.ConfigMap(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "k", "namespace": namespace}}, api=api
        )
        await made.create()
        assert await made.exists()
        await made.patch({"data": {"a": "b"}})
        await made.label({"x": "y"})
        found = [item async for item in api.get("configmaps", namespace=namespace, label_selector="x=y")]
        assert [item.data.a for item in found] == ["b"]
        deployments = [item async for item in api.get("deployments", namespace=namespace)]
        assert deployments == []
        await made.delete()
        assert not await made.exists()
        # kr8s keeps its connections until the interpreter ends and has no public way to close them.
        await api._session.aclose()

    asyncio.run(life())
