"""D. Patch."""

from __future__ import annotations

from cases.catalog import case
from cases.objects import config_map, container, deployment, serve_widgets, widget
from cases.session import MERGE, PATCH, STRATEGIC, Session


@case("D", "merge-null-deletes")
async def merge_null_deletes(api: Session) -> None:
    """A null removes a key and keeps the others; lists are replaced whole."""
    await api("POST", api.path("configmaps"), config_map(x="1", y="2"))
    await api("PATCH", api.path("configmaps/a"), {"data": {"x": None}}, type=MERGE)
    await api("PATCH", api.path("configmaps/a"), {"metadata": {"labels": {"a": "b"}}}, type=MERGE)
    await api("PATCH", api.path("configmaps/a"), {"metadata": {"labels": None}, "data": None}, type=MERGE)
    await api("PATCH", api.path("configmaps/a"), b"[]", type=MERGE)
    await api("PATCH", api.path("configmaps/a"), b"{", type=MERGE)
    await api("PATCH", api.path("configmaps/a"), {"metadata": {"name": "b"}}, type=MERGE)
    await api("PATCH", api.path("configmaps/a"), {"nothing": 1}, type=MERGE, fieldValidation="Strict")


@case("D", "json-patch-test-fails")
async def json_patch_test_fails(api: Session) -> None:
    """422 with the generic text for a failed test or a bad path; the object is unchanged."""
    path = api.path("configmaps/a")
    await api("POST", api.path("configmaps"), config_map(x="1"))
    for operations in (
        [{"op": "test", "path": "/data/x", "value": "9"}],
        [{"op": "remove", "path": "/data/none"}],
        [{"op": "replace", "path": "/data/none", "value": "1"}],
        [{"op": "add", "path": "/none/x", "value": "1"}],
        [{"op": "nonsense", "path": "/data/x"}],
        [{"op": "add", "path": "/data/y", "value": "2"}, {"op": "copy", "from": "/data/y", "path": "/data/z"}],
        [{"op": "move", "from": "/data/y", "path": "/data/w"}],
        {"op": "add"},
    ):
        await api("PATCH", path, operations, type=PATCH)
    await api("GET", path)


@case("D", "strategic-merge-by-key")
async def strategic_merge_by_key(api: Session) -> None:
    """One container changes, the other and the order stay."""
    path = api.path("deployments/d", "apps/v1")
    ports = [{"containerPort": 80}, {"containerPort": 81, "protocol": "UDP"}]
    both = [container("c", ports=ports), container("d", env=[{"name": "A", "value": "1"}])]
    await api("POST", api.path("deployments", "apps/v1"), deployment(*both))

    async def patch(*containers: object, **more: object) -> None:
        body = {"spec": {"template": {"spec": {"containers": list(containers)}}, **more}}
        await api("PATCH", path, body, type=STRATEGIC)

    await patch({"name": "d", "image": "registry.example.org/d:2"})
    await patch({"name": "c", "ports": [{"containerPort": 81, "name": "eighty-one"}]})
    await patch({"name": "d", "env": [{"name": "B", "value": "2"}]}, {"name": "e", "image": "e"})
    await patch({"name": "d", "env": [{"$patch": "replace"}, {"name": "C", "value": "3"}]})
    await api("PATCH", path, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}, type=STRATEGIC)
    await patch({"image": "nameless"})


@case("D", "strategic-delete-directive")
async def strategic_delete_directive(api: Session) -> None:
    """`$patch: delete` removes the item with the key; lists of plain values have a directive of their own."""
    path = api.path("deployments/d", "apps/v1")
    await api("POST", api.path("deployments", "apps/v1"), deployment(container("c"), container("d")))
    gone = [{"name": "d", "$patch": "delete"}]
    await api("PATCH", path, {"spec": {"template": {"spec": {"containers": gone}}}}, type=STRATEGIC)
    absent = [{"name": "none", "$patch": "delete"}]
    await api("PATCH", path, {"spec": {"template": {"spec": {"containers": absent}}}}, type=STRATEGIC)
    await api("PATCH", path, {"metadata": {"finalizers": ["example.org/a", "example.org/b"]}}, type=STRATEGIC)
    less = {"$deleteFromPrimitiveList/finalizers": ["example.org/a"]}
    await api("PATCH", path, {"metadata": less}, type=STRATEGIC)
    await api("PATCH", path, {"spec": {"template": {"spec": {"containers": [{"$patch": "odd"}]}}}}, type=STRATEGIC)
    await api("PATCH", path, {"metadata": {"finalizers": None}}, type=STRATEGIC)


@case("D", "strategic-on-cr")
async def strategic_on_cr(api: Session) -> None:
    """415 that lists what is taken."""
    path = await serve_widgets(api)
    await api("POST", path, widget(api.group, color="red"))
    await api("PATCH", f"{path}/w", {"spec": {"size": 2}}, type=STRATEGIC)
    await api("PATCH", f"{path}/w", {"spec": {"size": 2}}, type=MERGE)
    await api("PATCH", f"{path}/w", [{"op": "replace", "path": "/spec/size", "value": 5}], type=PATCH)


@case("D", "patch-on-collection")
async def patch_on_collection(api: Session) -> None:
    """405 for verbs that a path does not have."""
    await api("PATCH", api.path("configmaps"), {}, type=MERGE)
    await api("PUT", api.path("configmaps"), config_map())
    await api("POST", api.path("configmaps/a"), config_map())
    await api("POST", "/api/v1/configmaps", config_map())
    await api("DELETE", "/api/v1/componentstatuses")


@case("D", "unknown-patch-type")
async def unknown_patch_type(api: Session) -> None:
    """415 that lists what is taken."""
    await api("POST", api.path("configmaps"), config_map())
    for kind in ("application/unknown", "application/json", "application/yaml"):
        await api("PATCH", api.path("configmaps/a"), {}, type=kind)
