"""E. Server-side apply."""

from __future__ import annotations

import copy
import json
from typing import Any

from cases.catalog import case
from cases.objects import config_map, container, deployment, serve_widgets, widget, with_metadata
from cases.session import APPLY, MERGE, PATCH, Session

MAP = "configmaps/a"
DEPLOYMENT = "deployments/d"


async def _apply(api: Session, path: str, body: Any, manager: str, **query: str) -> Any:
    return await api("PATCH", path, body, type=APPLY, fieldManager=manager, **query)


@case("E", "apply-creates")
async def apply_creates(api: Session) -> None:
    """201 with one Apply entry and its exact field set; again without a change: nothing changes."""
    await _apply(api, api.path(MAP), config_map(x="1"), "alice")
    await _apply(api, api.path(MAP), config_map(x="1"), "alice")
    whole = deployment(container(env=[{"name": "A", "value": "1"}], ports=[{"containerPort": 80}]), replicas=2)
    await _apply(api, api.path(DEPLOYMENT, "apps/v1"), whole, "alice")
    await _apply(api, api.path(DEPLOYMENT, "apps/v1"), whole, "alice")
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    await _apply(api, api.path("services/s"), {**service, "spec": {"ports": [{"port": 80}]}}, "alice")
    labeled = with_metadata(config_map("b", x="1"), labels={"a": "b"}, annotations={"c": "d"})
    await _apply(api, api.path("configmaps/b"), labeled, "alice", dryRun="All")
    await _apply(api, api.path("configmaps/b"), labeled, "alice")
    yaml = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  x: |\n    text\n"
    await _apply(api, api.path("configmaps/y"), yaml, "alice")


@case("E", "apply-conflict")
async def apply_conflict(api: Session) -> None:
    """409 with a cause for each field."""
    await _apply(api, api.path(MAP), config_map(x="1", y="1"), "alice")
    await _apply(api, api.path(MAP), config_map(x="2", y="2", z="3"), "bob")
    await api("PATCH", api.path(MAP), {"data": {"x": "9"}}, type=MERGE, fieldManager="kubectl-edit")
    await _apply(api, api.path(MAP), config_map(x="1", y="1"), "alice")
    await _apply(api, api.path(MAP), config_map(x="4", y="5"), "carol")
    await api("POST", api.path("deployments", "apps/v1"), deployment(container(), replicas=2), fieldManager="maker")
    other = deployment(container(image="registry.example.org/c:2"), replicas=3)
    await _apply(api, api.path(DEPLOYMENT, "apps/v1"), other, "alice")


@case("E", "apply-force")
async def apply_force(api: Session) -> None:
    """The value is taken; the loser's entry shrinks or goes."""
    await _apply(api, api.path(MAP), config_map(x="1", y="1"), "alice")
    await _apply(api, api.path(MAP), config_map(x="2"), "bob", force="true")
    await _apply(api, api.path(MAP), config_map(x="2", y="2"), "bob", force="true")
    await api("PATCH", api.path(MAP), {"data": {"x": "5"}}, type=MERGE, fieldManager="editor")
    await _apply(api, api.path(MAP), config_map(x="6"), "bob", force="true")


@case("E", "co-ownership")
async def co_ownership(api: Session) -> None:
    """Two managers that want the same value both own it."""
    await _apply(api, api.path(MAP), config_map(x="1"), "alice")
    await _apply(api, api.path(MAP), config_map(x="1"), "bob")
    await api("PUT", api.path(MAP), config_map(x="1"), fieldManager="carol")
    await _apply(api, api.path(MAP), config_map(x="2"), "bob")
    await _apply(api, api.path(MAP), config_map(x="2"), "bob", force="true")


@case("E", "drop-owned-field")
async def drop_owned_field(api: Session) -> None:
    """A field that is left out goes with its only owner and stays with another."""
    await _apply(api, api.path(MAP), config_map(x="1", y="1"), "alice")
    await _apply(api, api.path(MAP), config_map(x="1"), "bob")
    await _apply(api, api.path(MAP), config_map(), "alice")
    await _apply(api, api.path(MAP), config_map(), "bob")
    path = api.path(DEPLOYMENT, "apps/v1")
    await _apply(api, path, deployment(container("c"), container("d"), replicas=3), "alice")
    await _apply(api, path, deployment(container("c"), replicas=3), "alice")
    await _apply(api, path, deployment(container("c")), "alice")
    await api("PATCH", path, {"spec": {"replicas": 4}}, type=MERGE, fieldManager="scaler")
    await _apply(api, path, deployment(container("c")), "alice")


@case("E", "keyed-list-apply")
async def keyed_list_apply(api: Session) -> None:
    """A second manager adds to one container only."""
    path = api.path(DEPLOYMENT, "apps/v1")
    await _apply(api, path, deployment(container("c"), container("d")), "alice")
    part = deployment({"name": "d", "env": [{"name": "A", "value": "1"}]})
    await _apply(api, path, part, "bob")
    more = deployment({"name": "d", "env": [{"name": "B", "value": "1"}, {"name": "A", "value": "1"}]})
    await _apply(api, path, more, "bob")
    await _apply(api, path, deployment(container("d"), container("c")), "alice")
    less = deployment({"name": "d", "env": [{"name": "B", "value": "1"}]})
    await _apply(api, path, less, "bob")
    twice = deployment(container("c"), container("c"))
    await _apply(api, path, twice, "carol")


@case("E", "apply-without-manager")
async def apply_without_manager(api: Session) -> None:
    """422 on fieldManager; managedFields in the body are 400."""
    await api("PATCH", api.path(MAP), config_map(), type=APPLY)
    made = await _apply(api, api.path(MAP), config_map(x="1"), "alice")
    managed = with_metadata(config_map(), managedFields=made["metadata"]["managedFields"])
    await _apply(api, api.path(MAP), managed, "alice")
    await _apply(api, api.path(MAP), config_map(), "m" * 129)
    await api("PATCH", api.path(MAP), {"data": {}}, type=MERGE, force="true")
    await _apply(api, api.path(MAP), {"metadata": {"name": "a"}}, "alice")
    await _apply(api, api.path(MAP), config_map("b"), "alice")
    await _apply(api, api.path(MAP), {**config_map(), "nothing": 1}, "alice")
    await _apply(api, api.path(MAP), {**config_map(), "data": {"x": 1}}, "alice")
    await _apply(api, api.path(MAP), {**config_map(), "apiVersion": "v2"}, "alice")
    await _apply(api, api.path(MAP), with_metadata(config_map(), resourceVersion="1"), "alice")
    await _apply(api, api.path("configmaps/none"), with_metadata(config_map("none"), resourceVersion="1"), "alice")
    await _apply(api, api.path("configmaps/none"), with_metadata(config_map("none"), uid="x"), "alice")


@case("E", "apply-status")
async def apply_status(api: Session) -> None:
    """The entry has the subresource status, and the spec is untouched."""
    path = api.path(DEPLOYMENT, "apps/v1")
    await _apply(api, path, deployment(container()), "alice")
    only = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}}
    await _apply(api, f"{path}/status", {**only, "status": {"replicas": 7}, "spec": {"paused": True}}, "status-keeper")
    custom = await serve_widgets(api)
    await _apply(api, f"{custom}/w", widget(api.group, color="red", parts=[{"name": "a"}]), "alice")
    state = {**widget(api.group), "status": {"phase": "Fine", "conditions": [{"type": "Ready", "status": "True"}]}}
    del state["spec"]
    await _apply(api, f"{custom}/w/status", state, "status-keeper")
    await _apply(api, f"{custom}/w", widget(api.group, color="blue", parts=[{"name": "b"}]), "bob")
    await api("PATCH", f"{custom}/w", {"spec": {"options": {"a": "b"}}}, type=MERGE, fieldManager="editor")
    await _apply(api, f"{custom}/w", widget(api.group, color="red", options={"a": "c"}), "alice")


@case("E", "csa-to-ssa")
async def csa_to_ssa(api: Session) -> None:
    """What `kubectl apply` made becomes `kubectl apply --server-side`'s: later removals prune."""
    first = config_map(x="1", y="1")
    annotation = "kubectl.kubernetes.io/last-applied-configuration"
    csa = with_metadata(first, annotations={annotation: json.dumps(first)})
    made = await api("POST", api.path("configmaps"), csa, fieldManager="kubectl-client-side-apply")
    await _apply(api, api.path(MAP), first, "kubectl")
    found = await api("GET", api.path(MAP))
    entries = copy.deepcopy(found["metadata"]["managedFields"])
    [applied] = [entry for entry in entries if entry["manager"] == "kubectl"]
    [created] = [entry for entry in entries if entry["manager"] == "kubectl-client-side-apply"]
    fields = {**created["fieldsV1"]}
    migrated = [{**applied, "fieldsV1": fields}]
    version = found["metadata"]["resourceVersion"]
    await api(
        "PATCH",
        api.path(MAP),
        [
            {"op": "replace", "path": "/metadata/managedFields", "value": migrated},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        ],
        type=PATCH,
    )
    await _apply(api, api.path(MAP), config_map(x="1"), "kubectl")
    api.note("one object", made["metadata"]["uid"] == found["metadata"]["uid"])
    await api("PATCH", api.path(MAP), {"metadata": {"managedFields": []}}, type=MERGE)
    await api("PATCH", api.path(MAP), {"metadata": {"managedFields": [{}]}}, type=MERGE)
    await api("PATCH", api.path(MAP), {"data": {"q": "1"}}, type=MERGE)
    await _apply(api, api.path(MAP), config_map(x="2"), "kubectl")
