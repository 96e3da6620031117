"""What every cluster is born with, made once: roles are shared between clusters, namespaces get uids of their own."""

from __future__ import annotations

import uuid
from typing import Any

from lab.apiserver.core.bootstrap_roles import cluster_role_bindings, cluster_roles
from lab.apiserver.core.namespaces import default_account, root_ca
from lab.apiserver.core.rbac import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES
from lab.apiserver.core.service_ip import FIRST_ADDRESS
from lab.apiserver.core.store import Table, entry_of

TEMPLATE_RESOURCES = frozenset(
    {CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS, "configmaps", "namespaces", "serviceaccounts", "services"}
)
"""Where a deletion has to be remembered, because the template has objects of that resource."""
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
_SHARED_SPACE = uuid.UUID("6b0c6c9e-5b0e-4c0e-9c36-0a0f5ab4b3a1")


def _namespace(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": FIRST_ADDRESS,
            "clusterIPs": [FIRST_ADDRESS],
            "internalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
            "sessionAffinity": "None",
            "type": "ClusterIP",
        },
        "status": {"loadBalancer": {}},
    }


class Template:
    """Makes the tables of new clusters."""

    def __init__(self, created: str, certificate: str) -> None:
        """`created` is the time of the shared objects in RFC 3339, `certificate` the serving authority in PEM."""
        self._shared: dict[str, Table] = {}
        self._rev = 0
        for role in cluster_roles():
            self._add(self._shared, CLUSTER_ROLES, role, _SHARED_SPACE, created)
        for binding in cluster_role_bindings():
            self._add(self._shared, CLUSTER_ROLE_BINDINGS, binding, _SHARED_SPACE, created)
        for name in NAMESPACES:
            self._add(self._shared, "configmaps", root_ca(name, certificate), _SHARED_SPACE, created)
        for table in self._shared.values():
            table.items()

    def _add(self, tables: dict[str, Table], plural: str, obj: dict[str, Any], space: uuid.UUID, created: str) -> None:
        metadata = obj["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        metadata["uid"] = str(uuid.uuid5(space, "/".join((plural, *key))))
        metadata["creationTimestamp"] = created
        self._rev += 1
        tables.setdefault(plural, Table()).put(key, entry_of(obj, self._rev))

    def instantiate(self, uid: str, created: str) -> tuple[dict[str, Table], int]:
        """The tables and the first revision of a cluster; the same for the same uid and time."""
        tables = dict(self._shared)
        shared_rev, space = self._rev, uuid.UUID(uid)
        for name in NAMESPACES:
            self._add(tables, "namespaces", _namespace(name), space, created)
            self._add(tables, "serviceaccounts", default_account(name), space, created)
        self._add(tables, "services", _service(), space, created)
        rev, self._rev = self._rev, shared_rev
        return tables, rev
