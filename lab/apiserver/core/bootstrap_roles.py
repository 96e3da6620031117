"""The roles and bindings that every cluster is born with.

Source: Kubernetes, using RBAC authorization, default roles and role bindings (shortened to resources served here).
"""

from __future__ import annotations

from typing import Any

GROUP = "rbac.authorization.k8s.io"
_LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_ANNOTATIONS = {"rbac.authorization.kubernetes.io/autoupdate": "true"}
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_EVERY = ["*"]

_WORKLOADS = [
    "daemonsets",
    "deployments",
    "deployments/scale",
    "replicasets",
    "replicasets/scale",
    "statefulsets",
    "statefulsets/scale",
]
_CORE_EDIT = [
    "configmaps",
    "endpoints",
    "events",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "serviceaccounts",
    "services",
    "services/proxy",
]


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> dict[str, Any]:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


def _paths(paths: list[str]) -> dict[str, Any]:
    return {"nonResourceURLs": paths, "verbs": ["get"]}


_ROLES: dict[str, list[dict[str, Any]]] = {
    "cluster-admin": [_rule(_EVERY, _EVERY, _EVERY), {"nonResourceURLs": _EVERY, "verbs": _EVERY}],
    "system:basic-user": [
        _rule(["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
        _rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
    ],
    "system:discovery": [
        _paths(
            [
                "/api",
                "/api/*",
                "/apis",
                "/apis/*",
                "/healthz",
                "/livez",
                "/openapi",
                "/openapi/*",
                "/readyz",
                "/version",
                "/version/",
            ]
        ),
    ],
    "system:public-info-viewer": [_paths(["/healthz", "/livez", "/readyz", "/version", "/version/"])],
    "system:auth-delegator": [
        _rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
        _rule(["authorization.k8s.io"], ["subjectaccessreviews"], ["create"]),
    ],
    "system:node": [
        _rule([""], ["nodes", "nodes/status"], ["create", "get", "list", "watch", "update", "patch"]),
        _rule([""], ["pods"], ["create", "delete", *_READ]),
        _rule([""], ["pods/status"], ["patch", "update"]),
        _rule([""], ["configmaps", "secrets", "persistentvolumeclaims", "persistentvolumes", "services"], _READ),
        _rule([""], ["events"], ["create", "patch", "update"]),
        _rule([""], ["serviceaccounts/token"], ["create"]),
        _rule(["coordination.k8s.io"], ["leases"], ["create", "delete", "get", "patch", "update"]),
        _rule(["authentication.k8s.io"], ["tokenreviews"], ["create"]),
        _rule(["authorization.k8s.io"], ["localsubjectaccessreviews", "subjectaccessreviews"], ["create"]),
    ],
    "system:service-account-issuer-discovery": [_paths(["/.well-known/openid-configuration", "/openid/v1/jwks"])],
    "system:aggregate-to-view": [
        _rule([""], [*_CORE_EDIT, "namespaces", "pods/log", "pods/status", "limitranges", "resourcequotas"], _READ),
        _rule(["discovery.k8s.io"], ["endpointslices"], _READ),
        _rule(["apps"], ["controllerrevisions", *_WORKLOADS], _READ),
        _rule(["autoscaling"], ["horizontalpodautoscalers"], _READ),
        _rule(["batch"], ["cronjobs", "jobs"], _READ),
        _rule(["networking.k8s.io"], ["ingresses", "networkpolicies"], _READ),
        _rule(["policy"], ["poddisruptionbudgets"], _READ),
    ],
    "system:aggregate-to-edit": [
        _rule([""], ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets"], _READ),
        _rule([""], ["serviceaccounts"], ["impersonate"]),
        _rule([""], [*_CORE_EDIT, "pods/attach", "pods/exec", "pods/portforward", "secrets"], _WRITE),
        _rule([""], ["pods/eviction", "serviceaccounts/token"], ["create"]),
        _rule(["apps"], [*_WORKLOADS, "deployments/rollback"], _WRITE),
        _rule(["autoscaling"], ["horizontalpodautoscalers"], _WRITE),
        _rule(["batch"], ["cronjobs", "jobs"], _WRITE),
        _rule(["networking.k8s.io"], ["ingresses", "networkpolicies"], _WRITE),
        _rule(["policy"], ["poddisruptionbudgets"], _WRITE),
        _rule(["coordination.k8s.io"], ["leases"], [*_READ, *_WRITE]),
    ],
    "system:aggregate-to-admin": [
        _rule(["authorization.k8s.io"], ["localsubjectaccessreviews"], ["create"]),
        _rule([GROUP], ["rolebindings", "roles"], [*_READ, *_WRITE]),
    ],
}
_AGGREGATED = ("admin", "edit", "view")
_PART_OF = {
    "system:aggregate-to-view": ["view"],
    "system:aggregate-to-edit": ["edit"],
    "system:aggregate-to-admin": ["admin"],
    "edit": ["admin"],
    "view": ["edit"],
}
_BINDINGS = {
    "cluster-admin": ("cluster-admin", ["system:masters"]),
    "system:basic-user": ("system:basic-user", ["system:authenticated"]),
    "system:discovery": ("system:discovery", ["system:authenticated"]),
    "system:public-info-viewer": ("system:public-info-viewer", ["system:authenticated", "system:unauthenticated"]),
    "system:service-account-issuer-discovery": ("system:service-account-issuer-discovery", ["system:serviceaccounts"]),
}


def cluster_roles() -> list[dict[str, Any]]:
    """The default ClusterRoles; those that aggregate carry the gathered rules."""
    view = _ROLES["system:aggregate-to-view"]
    edit = view + _ROLES["system:aggregate-to-edit"]
    gathered = {"view": view, "edit": edit, "admin": edit + _ROLES["system:aggregate-to-admin"]}
    found = [_role(name, rules) for name, rules in _ROLES.items()]
    for name in _AGGREGATED:
        role = _role(name, gathered[name])
        label = f"{GROUP}/aggregate-to-{name}"
        role["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]}
        found.append(role)
    return found


def _role(name: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    labels = dict(_LABELS)
    for part in _PART_OF.get(name, ()):
        labels[f"{GROUP}/aggregate-to-{part}"] = "true"
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": labels, "annotations": dict(_ANNOTATIONS)},
        "rules": rules,
    }


def cluster_role_bindings() -> list[dict[str, Any]]:
    """The default ClusterRoleBindings."""
    return [
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name, "labels": dict(_LABELS), "annotations": dict(_ANNOTATIONS)},
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": group} for group in groups],
        }
        for name, (role, groups) in _BINDINGS.items()
    ]
