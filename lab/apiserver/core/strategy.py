"""What the server itself fills in for single kinds, after the client's fields are accounted for.

Source: Kubernetes, pkg/registry, the strategies' PrepareForCreate and PrepareForUpdate.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from lab.apiserver.core import meta
from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.resource import Resource
from lab.apiserver.core.service_ip import allocate, keep_allocated

_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_TEMPLATE = ("spec", "template", "spec")
_POD_SPECS: dict[str, tuple[str, ...]] = {
    "pods": ("spec",),
    "podtemplates": ("template", "spec"),
    "replicationcontrollers": _TEMPLATE,
    "deployments.apps": _TEMPLATE,
    "replicasets.apps": _TEMPLATE,
    "statefulsets.apps": _TEMPLATE,
    "daemonsets.apps": _TEMPLATE,
    "jobs.batch": _TEMPLATE,
    "cronjobs.batch": ("spec", "jobTemplate", *_TEMPLATE),
}
_KEEPS_STATUS_ON_CREATE = ("nodes",)
_PHASES: dict[str, dict[str, Any]] = {
    "namespaces": {"phase": "Active"},
    "pods": {"phase": "Pending"},
    "persistentvolumeclaims": {"phase": "Pending"},
    "persistentvolumes": {"phase": "Pending"},
    "services": {"loadBalancer": {}},
    "ingresses.networking.k8s.io": {"loadBalancer": {}},
    "replicationcontrollers": {"replicas": 0},
    "replicasets.apps": {"replicas": 0},
    "statefulsets.apps": {"replicas": 0, "availableReplicas": 0},
    "daemonsets.apps": {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    "poddisruptionbudgets.policy": {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    },
    "horizontalpodautoscalers.autoscaling": {"currentMetrics": None, "desiredReplicas": 0},
}


def canonicalize(resource: Resource, obj: dict[str, Any]) -> None:
    """Bring write-only conveniences into the stored form, in place: the `stringData` of a Secret."""
    if resource.group_resource == "secrets" and obj.get("stringData") is not None:
        texts = obj.pop("stringData")
        data = obj.setdefault("data", {}) or {}
        obj["data"] = data
        for key, value in texts.items():
            data[key] = base64.b64encode(str(value).encode()).decode()
    pod = _POD_SPECS.get(resource.group_resource)
    if pod is not None:
        _mirror_account(obj, pod)
    if resource.group_resource == "daemonsets.apps":
        # On an update `_daemon_set_update` knows better.
        annotations = obj["metadata"].get("annotations") or {}
        obj["metadata"]["annotations"] = {_TEMPLATE_GENERATION: "1", **annotations}
    if resource.group_resource == "statefulsets.apps":
        for claim in (obj.get("spec") or {}).get("volumeClaimTemplates") or ():
            claim |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}


def _mirror_account(obj: dict[str, Any], path: tuple[str, ...]) -> None:
    """Keep the older field `serviceAccount` equal to `serviceAccountName`, in place."""
    spec: Any = obj
    for part in path:
        spec = spec.get(part) if isinstance(spec, dict) else None
    if isinstance(spec, dict):
        account = spec.get("serviceAccountName") or spec.get("serviceAccount")
        if account:
            spec["serviceAccountName"] = spec["serviceAccount"] = account


def isolate_status(resource: Resource, obj: dict[str, Any], old: dict[str, Any] | None) -> None:
    """On the main path the status is not the client's to set, in place."""
    if resource.subresource("status") is None or (old is None and resource.plural in _KEEPS_STATUS_ON_CREATE):
        return
    if old is not None and "status" in old:
        obj["status"] = old["status"]
    else:
        obj.pop("status", None)


def prepare_create(cluster: Cluster, resource: Resource, obj: dict[str, Any]) -> None:
    """Fill a new object, in place. Its metadata is complete."""
    if not resource.custom and resource.subresource("status") is not None:
        obj.setdefault("status", dict(_PHASES.get(resource.group_resource, {})))
    hook = _CREATE.get(resource.group_resource)
    if hook is not None:
        hook(cluster, obj)


def prepare_update(resource: Resource, obj: dict[str, Any], old: dict[str, Any]) -> None:
    """Keep what the server once filled in, in place."""
    hook = _UPDATE.get(resource.group_resource)
    if hook is not None:
        hook(obj, old)


def _namespace(_: Cluster, obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {}) or {}
    obj["spec"] = spec
    finalizers = spec.setdefault("finalizers", [])
    if "kubernetes" not in finalizers:
        finalizers.append("kubernetes")


def _daemon_set_update(obj: dict[str, Any], old: dict[str, Any]) -> None:
    """The annotation counts the changes of the template."""
    before = (old["metadata"].get("annotations") or {}).get(_TEMPLATE_GENERATION, "1")
    changed = obj["spec"].get("template") != old["spec"].get("template")
    number = str(int(before) + 1) if changed and before.isdigit() else before
    obj["metadata"].setdefault("annotations", {})[_TEMPLATE_GENERATION] = number


def _namespace_update(obj: dict[str, Any], old: dict[str, Any]) -> None:
    if "spec" in old:
        obj["spec"] = old["spec"]


def _pod(cluster: Cluster, obj: dict[str, Any]) -> None:
    """Also what the admission plugins ServiceAccount, Priority and DefaultTolerationSeconds fill in."""
    spec = obj.setdefault("spec", {})
    obj["status"]["qosClass"] = quality_of_service(spec)
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = account
    _mount_token(cluster, obj["metadata"].get("namespace", ""), spec)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    tolerations = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(t.get("key") in (key, None) and t.get("effect") in ("NoExecute", None) for t in tolerations):
            tolerations.append({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300})


def _mount_token(cluster: Cluster, namespace: str, spec: dict[str, Any]) -> None:
    """Give every container the ServiceAccount's token, as the admission plugin ServiceAccount does, in place."""
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None:
        account = cluster.get("serviceaccounts", (namespace, spec["serviceAccountName"]))
        wanted = account is None or account.object().get("automountServiceAccountToken")
    if wanted is False:
        return
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    bare = [c for c in containers if all(m.get("mountPath") != _TOKEN_PATH for m in c.get("volumeMounts") or ())]
    if not bare:
        return
    name = meta.generate_name("kube-api-access-")
    for container in bare:
        mount = {"name": name, "readOnly": True, "mountPath": _TOKEN_PATH}
        container["volumeMounts"] = [*(container.get("volumeMounts") or ()), mount]
    namespace_field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace_field}]}},
    ]
    volume = {"name": name, "projected": {"sources": sources, "defaultMode": 420}}
    spec["volumes"] = [*(spec.get("volumes") or ()), volume]


def quality_of_service(spec: dict[str, Any]) -> str:
    """Guaranteed, Burstable or BestEffort (Kubernetes, pod quality of service classes)."""
    resources = [c.get("resources") or {} for c in (spec.get("containers") or []) + (spec.get("initContainers") or [])]
    pairs = [(r.get("requests") or {}, r.get("limits") or {}) for r in resources]
    if not any(requests or limits for requests, limits in pairs):
        return "BestEffort"
    for requests, limits in pairs:
        for name in ("cpu", "memory"):
            if name not in limits or requests.get(name, limits[name]) != limits[name]:
                return "Burstable"
    return "Guaranteed"


def _job(_: Cluster, obj: dict[str, Any]) -> None:
    spec, metadata = obj.get("spec") or {}, obj["metadata"]
    if spec.get("manualSelector"):
        return
    labels = spec.setdefault("template", {}).setdefault("metadata", {}).setdefault("labels", {})
    for prefix in ("", "batch.kubernetes.io/"):
        labels[f"{prefix}controller-uid"] = metadata["uid"]
        labels[f"{prefix}job-name"] = metadata.get("name", "")
    selected = spec.setdefault("selector", {}).setdefault("matchLabels", {})
    selected["batch.kubernetes.io/controller-uid"] = metadata["uid"]
    if not metadata.get("labels"):
        metadata["labels"] = dict(labels)


def _limit_range(_: Cluster, obj: dict[str, Any]) -> None:
    """A LimitRange without a name gets a uid for one."""
    if not obj["metadata"].get("name"):
        rest = {key: value for key, value in obj["metadata"].items() if key != "name"}
        obj["metadata"] = {"name": meta.new_uid(), **rest}


def _persistent_volume(_: Cluster, obj: dict[str, Any]) -> None:
    obj["status"]["lastPhaseTransitionTime"] = obj["metadata"]["creationTimestamp"]


def _custom_resource_definition(_: Cluster, obj: dict[str, Any]) -> None:
    stored = [v["name"] for v in obj["spec"].get("versions") or [] if isinstance(v, dict) and v.get("storage")]
    obj["status"] = {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}


_CREATE: dict[str, Callable[[Cluster, dict[str, Any]], None]] = {
    "namespaces": _namespace,
    "pods": _pod,
    "services": allocate,
    "jobs.batch": _job,
    "limitranges": _limit_range,
    "persistentvolumes": _persistent_volume,
    "customresourcedefinitions.apiextensions.k8s.io": _custom_resource_definition,
}
_UPDATE: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {
    "daemonsets.apps": _daemon_set_update,
    "namespaces": _namespace_update,
    "services": keep_allocated,
}
