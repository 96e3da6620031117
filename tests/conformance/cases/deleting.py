"""I. Deletion and authorization."""

from __future__ import annotations

import json
from typing import Any

from cases.catalog import case
from cases.objects import config_map, container, deployment, with_metadata
from cases.session import MERGE, Reply, Session

OPTIONS = {"kind": "DeleteOptions", "apiVersion": "v1"}
RBAC = "rbac.authorization.k8s.io/v1"


def _sorted_rules(reply: Reply) -> Any:
    """The order of bindings is that of a map."""
    status = reply.body["status"]
    lists = {
        key: sorted(status[key], key=lambda rule: json.dumps(rule, sort_keys=True))
        for key in ("resourceRules", "nonResourceRules")
    }
    return {**reply.body, "status": {**status, **lists}}


@case("I", "finalizers")
async def finalizers(api: Session) -> None:
    """A finalizer holds, a second DELETE is harmless, a new one is 422, the last one gone is the end."""
    path = api.path("configmaps/a")
    await api("POST", api.path("configmaps"), with_metadata(config_map(), finalizers=["example.org/f"]))
    await api("DELETE", path)
    await api("DELETE", path)
    await api("PATCH", path, {"metadata": {"finalizers": ["example.org/f", "example.org/g"]}}, type=MERGE)
    await api("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, type=MERGE)
    await api("PATCH", path, {"metadata": {"finalizers": None}}, type=MERGE)
    await api("GET", path)
    await api("DELETE", path)
    await api("POST", api.path("configmaps"), config_map("b"))
    await api("DELETE", api.path("configmaps/b"), dryRun="All")
    await api("DELETE", api.path("configmaps/b"))


@case("I", "garbage-collection")
async def garbage_collection(api: Session) -> None:
    """Background, foreground and orphan leave the right dependents; a wrong uid is 409."""
    path = api.path("configmaps")

    async def family(name: str) -> None:
        owner = await api("POST", path, config_map(name))
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": owner["metadata"]["uid"]}
        child = with_metadata(config_map(f"{name}-child"), ownerReferences=[{**reference, "blockOwnerDeletion": True}])
        await api("POST", path, child)

    wrong = {**OPTIONS, "preconditions": {"uid": "00000000-0000-4000-8000-000000000000"}}
    await family("kept")
    await api("DELETE", f"{path}/kept", wrong)
    await api("DELETE", f"{path}/kept", {**OPTIONS, "preconditions": {"resourceVersion": "1"}})
    await api("DELETE", f"{path}/kept", propagationPolicy="Odd")
    await api("DELETE", f"{path}/kept", {**OPTIONS, "orphanDependents": True, "propagationPolicy": "Orphan"})
    for policy in ("Background", "Foreground", "Orphan"):
        name = policy.lower()
        await family(name)
        await api("DELETE", f"{path}/{name}", {**OPTIONS, "propagationPolicy": policy})
        await api.gone(f"{path}/{name}")
        if policy == "Orphan":
            await api.until(f"{path}/{name}-child", lambda r: not r.body["metadata"].get("ownerReferences"))
        else:
            await api.gone(f"{path}/{name}-child")
    await api("POST", api.path("deployments", "apps/v1"), deployment(container()))
    await api("DELETE", api.path("deployments", "apps/v1"))
    await api("DELETE", path, labelSelector="none=none")


@case("I", "namespace-termination")
async def namespace_termination(api: Session) -> None:
    """The reply is the Namespace, nothing new is let in, the contents go, then it is gone."""
    path = "/api/v1/namespaces/ends"
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": "ends"}})
    held = with_metadata(config_map("held"), finalizers=["example.org/f"])
    await api("POST", f"{path}/configmaps", held)
    await api("POST", f"{path}/configmaps", config_map("free"))
    await api("DELETE", path)
    await api("POST", f"{path}/configmaps", config_map("late"))
    await api.gone(f"{path}/configmaps/free")

    def told(reply: Any) -> bool:
        conditions = {c["type"]: c["status"] for c in reply.body.get("status", {}).get("conditions", ())}
        return conditions.get("NamespaceFinalizersRemaining") == "True"

    await api.until(path, told)
    await api("PATCH", f"{path}/configmaps/held", {"metadata": {"finalizers": None}}, type=MERGE)
    await api.gone(path)


@case("I", "rbac-and-credentials")
async def rbac_and_credentials(api: Session) -> None:
    """The Forbidden text; reviews and impersonation agree with real calls; unknown credentials are 401."""
    await api("GET", api.path("configmaps"), token="nonsense")
    await api("POST", api.path("configmaps"), config_map(), dryRun="Some")
    bob = {"impersonate-user": "bob"}
    await api("GET", api.path("configmaps"), headers=bob)
    await api("DELETE", api.path("deployments/d", "apps/v1"), headers=bob)
    await api("GET", "/api/v1/nodes", headers=bob)
    await api("GET", "/metrics", headers=bob)
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
    await api("POST", api.path("roles", RBAC), {"metadata": {"name": "reader"}, "rules": rules})
    binding = {
        "metadata": {"name": "bob"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "User", "name": "bob"}],
    }
    await api("POST", api.path("rolebindings", RBAC), binding)
    await api.until(api.path("configmaps/none"), lambda reply: reply.code == 404, headers=bob, keep=False)
    await api("GET", api.path("configmaps/none"), headers=bob)
    await api("POST", api.path("configmaps"), config_map(), headers=bob)
    authorization = "/apis/authorization.k8s.io/v1"
    for verb, resource in (("list", "configmaps"), ("create", "configmaps"), ("get", "secrets")):
        attributes = {"namespace": api.namespace, "verb": verb, "resource": resource}
        for kind, whose in (("SelfSubjectAccessReview", {}), ("SubjectAccessReview", {"user": "bob"})):
            review = {"spec": {"resourceAttributes": attributes, **whose}}
            await api("POST", f"{authorization}/{kind.lower()}s", review, headers=bob if not whose else {})
    who = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    await api("POST", who, {})
    await api("POST", who, {}, headers={**bob, "impersonate-group": "team"})
    own = {"spec": {"namespace": api.namespace}}
    await api("POST", f"{authorization}/selfsubjectrulesreviews", own, headers=bob, keep=_sorted_rules)
    wide = {"metadata": {"name": "wide"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    await api("POST", api.path("roles", RBAC), wide, headers=bob)
    other = {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "other"}}
    await api("PATCH", api.path("rolebindings/bob", RBAC), other, type=MERGE)
    await api("POST", f"{authorization}/subjectaccessreviews", {"spec": {}})
