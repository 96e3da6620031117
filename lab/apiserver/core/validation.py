"""Validation of objects before they are stored: metadata of every kind, and the content of built-in ones.

Source: Kubernetes 1.34, pkg/apis/*/validation. Kinds that are not listed here are checked by their metadata only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.validating import access, core, pods, workloads
from lab.apiserver.core.validating.metadata import metadata_faults

_Faults = Callable[[dict[str, Any], dict[str, Any] | None], list[FieldError]]

_BY_KIND: Mapping[str, _Faults] = {
    "configmaps": core.config_map_faults,
    "secrets": core.secret_faults,
    "services": core.service_faults,
    "persistentvolumeclaims": core.claim_faults,
    "pods": pods.pod_faults,
    "deployments.apps": workloads.deployment_faults,
    "replicasets.apps": workloads.replica_set_faults,
    "statefulsets.apps": workloads.stateful_set_faults,
    "daemonsets.apps": workloads.daemon_set_faults,
    "jobs.batch": workloads.job_faults,
    "cronjobs.batch": workloads.cron_job_faults,
    "storageclasses.storage.k8s.io": core.storage_class_faults,
    "roles.rbac.authorization.k8s.io": access.role_faults,
    "clusterroles.rbac.authorization.k8s.io": access.role_faults,
    "rolebindings.rbac.authorization.k8s.io": access.binding_faults,
    "clusterrolebindings.rbac.authorization.k8s.io": access.binding_faults,
    "networkpolicies.networking.k8s.io": access.network_policy_faults,
    "ingresses.networking.k8s.io": access.ingress_faults,
}


def validate_builtin(resource: Resource, obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Every fault of an object with defaults filled in, in Kubernetes' words; `old` is the stored one or None.

    Custom resources get their metadata checked; the rest is their schema's work.
    """
    faults = metadata_faults(resource, obj, old)
    check = None if resource.custom else _BY_KIND.get(resource.group_resource)
    return faults if check is None else faults + check(obj, old)
