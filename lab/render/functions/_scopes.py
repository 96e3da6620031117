"""Which kinds belong to a namespace.

Source: Kubernetes, API resources of the built-in groups.
"""

from __future__ import annotations

from lab.render.resources import Resource

_CLUSTER_KINDS = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "ServiceCIDR",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
_BUILT_IN_GROUPS = frozenset({"", "apps", "autoscaling", "batch", "policy"})
_CUSTOM_K8S_GROUPS = frozenset({"gateway.networking.k8s.io", "snapshot.storage.k8s.io", "metrics.k8s.io"})


def is_built_in(resource: Resource) -> bool:
    """Whether an object is of a kind that comes with Kubernetes."""
    group = resource.group
    return group in _BUILT_IN_GROUPS or (group.endswith(".k8s.io") and group not in _CUSTOM_K8S_GROUPS)


def is_namespaced(resource: Resource) -> bool:
    """Whether an object belongs to a namespace; one of an unknown kind does when it names one."""
    if is_built_in(resource):
        return resource.kind not in _CLUSTER_KINDS
    return bool(resource.namespace)
