"""Where objects live: kinds, resources and URL paths of a Kubernetes API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource of an API: enough to build its paths."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """`v1`, or `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path; an empty `namespace` of a namespaced kind means all namespaces."""
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        if name:
            parts.append(quote(name, safe=""))
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


def metadata(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object's metadata, empty when it has none."""
    found = obj.get("metadata")
    return found if isinstance(found, Mapping) else {}


def name_of(obj: Mapping[str, Any]) -> str:
    """`metadata.name`, or an empty string."""
    return str(metadata(obj).get("name") or "")


def namespace_of(obj: Mapping[str, Any]) -> str:
    """`metadata.namespace`, or an empty string."""
    return str(metadata(obj).get("namespace") or "")


def split_api_version(api_version: str) -> tuple[str, str]:
    """(group, version) of an apiVersion; the core group is empty."""
    group, _, version = api_version.rpartition("/")
    return group, version


# The kinds that the lab itself speaks of; everything else is found by discovery.
NAMESPACE = Kind("", "v1", "Namespace", "namespaces", False)
SECRET = Kind("", "v1", "Secret", "secrets", True)
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps", True)
POD = Kind("", "v1", "Pod", "pods", True)
SERVICE_ACCOUNT = Kind("", "v1", "ServiceAccount", "serviceaccounts", True)
EVENT = Kind("", "v1", "Event", "events", True)
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments", True)
CRD = Kind(
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    False,
)
REPOSITORY = Kind("config.porch.kpt.dev", "v1alpha1", "Repository", "repositories", True)
PACKAGE_VARIANT = Kind("config.porch.kpt.dev", "v1alpha1", "PackageVariant", "packagevariants", True)
PACKAGE_REVISION = Kind("porch.kpt.dev", "v1alpha1", "PackageRevision", "packagerevisions", True)
PACKAGE_REVISION_RESOURCES = Kind(
    "porch.kpt.dev",
    "v1alpha1",
    "PackageRevisionResources",
    "packagerevisionresources",
    True,
)
CLUSTER_CONTEXT = Kind("infra.nephio.org", "v1alpha1", "ClusterContext", "clustercontexts", True)
WORKLOAD_CLUSTER = Kind("infra.nephio.org", "v1alpha1", "WorkloadCluster", "workloadclusters", True)
ROOT_SYNC = Kind("configsync.gke.io", "v1beta1", "RootSync", "rootsyncs", True)
RESOURCE_GROUP = Kind("kpt.dev", "v1alpha1", "ResourceGroup", "resourcegroups", True)
