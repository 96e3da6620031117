"""A. Discovery and OpenAPI."""

from __future__ import annotations

from typing import Any

from cases.catalog import case
from cases.objects import CRDS, established, widget_crd
from cases.session import Reply, Session

FORM = "application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
GROUP_VERSIONS = (
    "apiregistration.k8s.io/v1",
    "apps/v1",
    "events.k8s.io/v1",
    "authentication.k8s.io/v1",
    "authorization.k8s.io/v1",
    "autoscaling/v2",
    "autoscaling/v1",
    "batch/v1",
    "certificates.k8s.io/v1",
    "networking.k8s.io/v1",
    "policy/v1",
    "rbac.authorization.k8s.io/v1",
    "storage.k8s.io/v1",
    "admissionregistration.k8s.io/v1",
    "apiextensions.k8s.io/v1",
    "scheduling.k8s.io/v1",
    "coordination.k8s.io/v1",
    "node.k8s.io/v1",
    "discovery.k8s.io/v1",
    "resource.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1",
)
EXPLAINED = {
    "api/v1": [
        "ConfigMap",
        "Namespace.status",
        "Pod",
        "Pod.spec.containers",
        "Pod.spec.volumes.configMap",
        "Service.spec",
        "Service.spec.ports",
        "PersistentVolumeClaim.spec",
        "ServiceAccount",
    ],
    "apis/apps/v1": [
        "Deployment.spec",
        "Deployment.spec.strategy.rollingUpdate",
        "StatefulSet.spec",
        "DaemonSet.status",
    ],
    "apis/batch/v1": ["Job.spec", "CronJob.spec"],
    "apis/rbac.authorization.k8s.io/v1": ["Role.rules", "RoleBinding.subjects"],
    "apis/networking.k8s.io/v1": ["NetworkPolicy.spec.ingress", "Ingress.spec.rules"],
    "apis/storage.k8s.io/v1": ["StorageClass"],
}


def _of_kubernetes(group: str) -> bool:
    return not group.endswith(".example.org")


def _aggregated(reply: Reply) -> Any:
    """One line for each resource and subresource; another form as it is."""
    if "items" not in reply.body:
        return "another form"
    lines = []
    for group in reply.body["items"]:
        name = group["metadata"].get("name", "")
        for version in group["versions"] if _of_kubernetes(name) else ():
            for resource in version.get("resources") or ():
                kind = resource["responseKind"]["kind"]
                short = ",".join(resource.get("shortNames", ()))
                categories = ",".join(resource.get("categories", ()))
                lines.append(
                    f"{name}/{version['version']} {resource['resource']} {resource.get('singularResource', '')} {kind}"
                    f" {resource['scope']} [{','.join(resource['verbs'])}] [{short}] [{categories}]"
                )
                for sub in resource.get("subresources") or ():
                    group_kind = sub.get("responseKind", {})
                    lines.append(
                        f"{name}/{version['version']} {resource['resource']}/{sub['subresource']}"
                        f" {group_kind.get('group', '')}/{group_kind.get('version', '')} {group_kind.get('kind', '')}"
                        f" [{','.join(sub['verbs'])}]"
                    )
    return sorted(lines)


@case("A", "aggregated-v2")
async def aggregated_v2(api: Session) -> None:
    """Every built-in with verbs, short names and subresources; the content type echoes group, version and form."""
    for path in ("/api", "/apis"):
        await api("GET", path, accept=FORM.format(version="v2"), keep=_aggregated)


@case("A", "aggregated-v2beta1-and-legacy")
async def aggregated_v2beta1_and_legacy(api: Session) -> None:
    """The same resources through all three forms."""
    for path in ("/api", "/apis"):
        await api("GET", path, accept=FORM.format(version="v2beta1") + ",application/json", keep=_aggregated)
    await api("GET", "/api", keep=lambda reply: {**reply.body, "serverAddressByClientCIDRs": "<addresses>"})
    await api("GET", "/apis", keep=_groups)
    await api("GET", "/api/v1")
    for group_version in GROUP_VERSIONS:
        await api("GET", f"/apis/{group_version.partition('/')[0]}")
        await api("GET", f"/apis/{group_version}")


def _groups(reply: Reply) -> dict[str, Any]:
    return {**reply.body, "groups": [group for group in reply.body["groups"] if _of_kubernetes(group["name"])]}


@case("A", "crd-appears-and-goes")
async def crd_appears_and_goes(api: Session) -> None:
    """A new kind is in discovery and in an OpenAPI document of its own; after its deletion it is in neither."""
    group = f"/apis/{api.group}"
    await api("GET", f"{group}/v1")
    await api("POST", CRDS, widget_crd(api.group), keep=lambda reply: reply.code)
    await api.until(f"{CRDS}/widgets.{api.group}", established, keep=False)
    await api.until(f"{group}/v1", lambda reply: reply.code == 200)
    await api("GET", group)
    document = await api.until(
        f"/openapi/v3{group}/v1",
        lambda reply: reply.code == 200 and bool(reply.body.get("components")),
        keep=False,
    )
    api.note("paths", sorted(document["paths"]))
    schema = document["components"]["schemas"]["org.example.crd-appears-and-goes.v1.Widget"]
    api.note("schema", {key: value for key, value in schema.items() if key != "properties"})
    api.note("spec", schema["properties"]["spec"])
    await api("DELETE", f"{CRDS}/widgets.{api.group}", keep=lambda reply: reply.code)
    await api.until(f"{group}/v1", lambda reply: reply.code == 404)
    await api.until(f"/openapi/v3{group}/v1", lambda reply: reply.code == 404, keep=False)


@case("A", "openapi-v3-index")
async def openapi_v3_index(api: Session) -> None:
    """Each group version has a relative URL with a hash, which changes with the CRD."""
    key = f"apis/{api.group}/v1"

    def index(reply: Reply) -> dict[str, Any]:
        paths = reply.body["paths"]
        return {name: paths[name] for name in sorted(paths) if ".example.org" not in name or api.group in name}

    await api("GET", "/openapi/v3", keep=index)
    await api("POST", CRDS, widget_crd(api.group), keep=lambda reply: reply.code)
    first = await api.until("/openapi/v3", lambda reply: key in reply.body["paths"], keep=False)
    changed = [{"op": "add", "path": "/spec/versions/0/schema/openAPIV3Schema/description", "value": "Changed."}]
    path = f"{CRDS}/widgets.{api.group}"
    await api("PATCH", path, changed, type="application/json-patch+json", keep=lambda reply: reply.code)
    before = first["paths"][key]["serverRelativeURL"]
    await api.until("/openapi/v3", lambda r: r.body["paths"][key]["serverRelativeURL"] != before, keep=False)
    api.note("the URL of the kind", before)


@case("A", "unknown-group-and-resource")
async def unknown_group_and_resource(api: Session) -> None:
    """An unknown group is a plain 404, an unknown resource of a known group a Status with empty details."""
    for path in (
        "/apis/none.example.org/v1/things",
        "/apis/none.example.org",
        "/api/v1/things",
        "/apis/apps/v1/things/a",
        api.path("things"),
        "/apis/apps/v9/deployments",
        api.path("configmaps/a/nothing"),
        "/nothing",
    ):
        await api("GET", path)


@case("A", "explain-equality")
async def explain_equality(api: Session) -> None:
    """Twenty paths have the same fields with the same types: what `kubectl explain` lists."""
    for document, paths in EXPLAINED.items():
        found = (await api.send("GET", f"/openapi/v3/{document}")).body["components"]["schemas"]
        for path in paths:
            api.note(f"explain {document} {path}", _explained(found, path))


def _explained(schemas: dict[str, Any], path: str) -> list[str]:
    kind, *fields = path.split(".")
    [schema] = [
        schema
        for name, schema in schemas.items()
        if name.rpartition(".")[2] == kind and "x-kubernetes-group-version-kind" in schema
    ]
    for name in fields:
        schema = _resolved(schemas, schema["properties"][name])
    required = schema.get("required", ())
    return [
        f"{name} <{_type(schemas, part)}>{' -required-' if name in required else ''}"
        for name, part in sorted(schema["properties"].items())
    ]


def _resolved(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What a property stands for: through references, lists and maps."""
    for inner in [*schema.get("allOf", ()), schema.get("items"), schema.get("additionalProperties")]:
        if isinstance(inner, dict):
            return _resolved(schemas, inner)
    if "$ref" in schema:
        return _resolved(schemas, schemas[schema["$ref"].rpartition("/")[2]])
    return schema


def _type(schemas: dict[str, Any], schema: dict[str, Any]) -> str:
    if schema.get("type") == "array":
        return f"[]{_type(schemas, schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map[string]{_type(schemas, schema['additionalProperties'])}"
    for inner in schema.get("allOf", ()):
        return _type(schemas, inner)
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2].rpartition(".")[2])
    return str(schema.get("format") or schema.get("type", "Object"))
