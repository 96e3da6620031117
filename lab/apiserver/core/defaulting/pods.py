"""Defaults of Pods and of everything inside a Pod template.

Source: Kubernetes 1.34, pkg/apis/core/v1 defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_IMAGE = re.compile(
    r"[a-z0-9._/-]+(:[0-9]+/[a-z0-9._/-]+)?(:(?P<tag>\w[\w.-]{0,127}))?(@(?P<digest>\w+:[0-9a-fA-F]{32,}))?"
)


def pull_policy(image: str) -> str:
    """The pull policy that an image name implies: Always for the tag latest and for no tag at all."""
    match = _IMAGE.fullmatch(image)
    if match is None:
        return "IfNotPresent"
    tag = match["tag"] or ("" if match["digest"] else "latest")
    return "Always" if tag == "latest" else "IfNotPresent"


def _container(obj: dict[str, Any]) -> None:
    if not obj.get("imagePullPolicy"):
        obj["imagePullPolicy"] = pull_policy(obj.get("image", ""))
    obj.setdefault("terminationMessagePath", "/dev/termination-log")
    obj.setdefault("terminationMessagePolicy", "File")


def _pod(obj: dict[str, Any]) -> None:
    spec = obj["spec"]
    containers = [*(spec.get("containers") or ()), *spec.get("initContainers", ())]
    for container in containers:
        resources = container["resources"]
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **resources.get("requests", {})}
    spec.setdefault("enableServiceLinks", True)
    if spec.get("hostNetwork"):
        for container in containers:
            for port in container.get("ports", ()):
                if port.get("containerPort"):
                    port.setdefault("hostPort", port["containerPort"])
    whole = spec.get("resources") or {}
    if whole.get("limits"):
        whole["requests"] = {**whole["limits"], **whole.get("requests", {})}


def _pod_spec(obj: dict[str, Any]) -> None:
    obj.setdefault("dnsPolicy", "ClusterFirst")
    obj.setdefault("restartPolicy", "Always")
    obj.setdefault("securityContext", {})
    obj.setdefault("terminationGracePeriodSeconds", 30)
    obj.setdefault("schedulerName", "default-scheduler")


def _probe(obj: dict[str, Any]) -> None:
    obj.setdefault("timeoutSeconds", 1)
    obj.setdefault("periodSeconds", 10)
    obj.setdefault("successThreshold", 1)
    obj.setdefault("failureThreshold", 3)


def _http_get(obj: dict[str, Any]) -> None:
    obj.setdefault("path", "/")
    obj.setdefault("scheme", "HTTP")


def _volume(obj: dict[str, Any]) -> None:
    if obj.keys() <= {"name"}:
        obj["emptyDir"] = {}
    image = obj.get("image")
    if image is not None:
        image.setdefault("pullPolicy", pull_policy(image.get("reference", "")))


def _mode(obj: dict[str, Any]) -> None:
    obj.setdefault("defaultMode", 0o644)


def _setting(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def complete(obj: dict[str, Any]) -> None:
        obj.setdefault(key, value)

    return complete


DEFAULTERS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "core.v1.Container": _container,
    "core.v1.EphemeralContainerCommon": _container,
    "core.v1.Pod": _pod,
    "core.v1.PodSpec": _pod_spec,
    "core.v1.Probe": _probe,
    "core.v1.HTTPGetAction": _http_get,
    "core.v1.Volume": _volume,
    "core.v1.SecretVolumeSource": _mode,
    "core.v1.ConfigMapVolumeSource": _mode,
    "core.v1.DownwardAPIVolumeSource": _mode,
    "core.v1.ProjectedVolumeSource": _mode,
    "core.v1.HostPathVolumeSource": _setting("type", ""),
    "core.v1.ObjectFieldSelector": _setting("apiVersion", "v1"),
    "core.v1.ServiceAccountTokenProjection": _setting("expirationSeconds", 3600),
}
"""Go struct to the function that completes one value of it, in place."""
