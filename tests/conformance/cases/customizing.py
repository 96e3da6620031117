"""F. CustomResourceDefinitions."""

from __future__ import annotations

import copy
from typing import Any

from cases.catalog import case
from cases.objects import COLUMNS, CRDS, WIDGET_SPEC, established, serve_widgets, widget, widget_crd, with_metadata
from cases.session import MERGE, TABLE, Session


@case("F", "crd-name-rule")
async def crd_name_rule(api: Session) -> None:
    """A name other than plural.group is 422, and so are other faults of a definition."""
    await api("POST", CRDS, with_metadata(widget_crd(api.group), name="gadgets." + api.group))
    bare = widget_crd(api.group)
    del bare["spec"]["versions"][0]["schema"]
    await api("POST", CRDS, bare)
    unstructured = widget_crd(api.group, spec={"properties": {"x": {"type": "string"}}})
    await api("POST", CRDS, unstructured)
    none_stored = widget_crd(api.group, storage=False)
    await api("POST", CRDS, none_stored)
    empty: dict[str, Any] = {"metadata": {"name": "widgets." + api.group}, "spec": {}}
    await api("POST", CRDS, empty)
    broken = widget_crd(api.group, spec={"type": "object", "x-kubernetes-validations": [{"rule": "self.("}]})
    await api("POST", CRDS, broken, keep=lambda reply: reply.code)
    wrong_default = {"type": "object", "properties": {"x": {"type": "integer", "default": "a"}}}
    await api("POST", CRDS, widget_crd(api.group, spec=wrong_default))


@case("F", "crd-conditions")
async def crd_conditions(api: Session) -> None:
    """NamesAccepted, then Established; accepted names and stored versions."""
    minimal = widget_crd(api.group)
    minimal["spec"]["names"] = {"plural": "widgets", "kind": "Widget"}
    await api("POST", CRDS, minimal)
    await api.until(f"{CRDS}/widgets.{api.group}", established)
    clash = widget_crd(api.group)
    clash["spec"]["names"] = {"plural": "others", "kind": "Widget"}
    clash["metadata"]["name"] = f"others.{api.group}"
    await api("POST", CRDS, clash, keep=lambda reply: reply.code)
    await api.until(f"{CRDS}/others.{api.group}", lambda reply: bool(reply.body.get("status", {}).get("conditions")))
    await api("GET", f"{CRDS}/widgets.{api.group}", accept=TABLE)


@case("F", "default-and-prune")
async def default_and_prune(api: Session) -> None:
    """Defaults are filled in, unknown fields are dropped, kept where the schema says so."""
    path = await serve_widgets(api)
    more = {"color": "red", "unknown": 1, "free": {"kept": {"x": 1}}, "parts": [{"name": "a", "unknown": 2}]}
    await api("POST", path, widget(api.group, **more))
    await api("POST", path, widget(api.group, "strict", **more), fieldValidation="Strict")
    await api("PATCH", f"{path}/w", {"spec": {"size": None, "odd": 1}}, type=MERGE)
    await api("GET", path)


@case("F", "schema-errors")
async def schema_errors(api: Session) -> None:
    """Enum, minimum, type, required: reason, field and text of every cause; rules that could not run are told."""
    path = await serve_widgets(api)
    for spec in (
        {"color": "green"},
        {"color": "red", "size": 0},
        {"color": "red", "size": "large"},
        {"color": "red", "size": 1.5},
        {},
        {"color": 5},
        {"color": "red", "parts": [{"weight": 1}]},
        {"color": "red", "parts": [{"name": "a"}, {"name": "a"}]},
        {"color": "red", "options": {"a": 1}},
        {"color": None},
        {"color": "red", "parts": {"name": "a"}},
    ):
        await api("POST", path, widget(api.group, **spec))
    await api("POST", path, {**widget(api.group), "spec": "text"})
    await api("POST", path, {**widget(api.group), "spec": None})
    await api("POST", path, with_metadata(widget(api.group, color="red"), name="A_"))
    await api("POST", path, {**widget(api.group, color="red"), "kind": "Gadget"})
    await api("POST", path, {**widget(api.group, color="red"), "apiVersion": "other/v1"})


@case("F", "cel-rule")
async def cel_rule(api: Session) -> None:
    """422 with the rule's message; rules over oldSelf hold on update only."""
    path = await serve_widgets(api)
    await api("POST", path, widget(api.group, color="red", size=200))
    await api("POST", path, widget(api.group, color="red"))
    await api("PATCH", f"{path}/w", {"spec": {"color": "blue"}}, type=MERGE)
    await api("PATCH", f"{path}/w", {"spec": {"color": "blue", "size": 100}}, type=MERGE)
    await api("PATCH", f"{path}/w", {"spec": {"size": 99}}, type=MERGE)


@case("F", "printer-columns")
async def printer_columns(api: Session) -> None:
    """Columns of the definition, dates as ages, JSONPath filters."""
    path = await serve_widgets(api, additionalPrinterColumns=COLUMNS)
    await api("POST", path, widget(api.group, color="red"))
    since = (await api.send("GET", f"{path}/w")).body["metadata"]["creationTimestamp"]
    conditions = [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]
    status = {"since": since, "phase": "Fine", "conditions": conditions}
    await api("PATCH", f"{path}/w/status", {"status": status}, type=MERGE)
    await api("POST", path, widget(api.group, "x", color="blue", size=7))
    await api("GET", path, accept=TABLE)
    await api("GET", f"{path}/w", accept=TABLE, includeObject="Object")
    await api("GET", path, accept=TABLE, includeObject="None")


@case("F", "delete-crd")
async def delete_crd(api: Session) -> None:
    """The reply is the definition with its clean-up finalizer; the objects go; then 404."""
    path = await serve_widgets(api)
    await api("POST", path, widget(api.group, color="red"))
    await api("DELETE", f"{CRDS}/widgets.{api.group}")
    await api.gone(f"{CRDS}/widgets.{api.group}")
    await api.gone(path)


@case("F", "several-versions")
async def several_versions(api: Session) -> None:
    """One object through two versions of its kind; a version that is not served is not there."""
    crd = widget_crd(api.group)
    [first] = crd["spec"]["versions"]
    loose = copy.deepcopy(WIDGET_SPEC)
    del loose["x-kubernetes-validations"]
    second = copy.deepcopy(first) | {"name": "v1alpha1", "storage": False}
    second["schema"]["openAPIV3Schema"]["properties"]["spec"] = loose
    second["deprecated"] = True
    crd["spec"]["versions"] = [first, second, {**second, "name": "v1beta1", "served": False}]
    await api("POST", CRDS, crd, keep=lambda reply: reply.code)
    paths = [api.path("widgets", f"{api.group}/{version}") for version in ("v1", "v1alpha1", "v1beta1")]
    for path in paths[:2]:
        await api.until(path, lambda reply: reply.code == 200, keep=False)
    old = {**widget(api.group, color="red"), "apiVersion": f"{api.group}/v1alpha1"}
    await api("POST", paths[1], old)
    await api("GET", f"{paths[0]}/w")
    await api("GET", f"{paths[1]}/w")
    await api("GET", f"{paths[2]}/w")
    await api("GET", f"/apis/{api.group}")
