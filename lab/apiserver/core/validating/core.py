"""Faults of ConfigMaps, Secrets, Services, claims and storage classes.

Source: Kubernetes, pkg/apis/core/validation and pkg/apis/storage/validation.
"""

from __future__ import annotations

import base64
import ipaddress
from typing import Any

from lab.apiserver.core import field_errors as fe
from lab.apiserver.core import quantity
from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.validating import names
from lab.apiserver.core.validating.metadata import labels_faults

MAX_DATA = 1024 * 1024
_SEALED = "field is immutable when `immutable` is set"
_NEEDED_KEYS = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def _sealed_faults(obj: dict[str, Any], old: dict[str, Any] | None, parts: tuple[str, ...]) -> list[FieldError]:
    if old is None or not old.get("immutable"):
        return []
    faults = [] if obj.get("immutable") else [fe.forbidden("immutable", _SEALED)]
    return faults + [fe.forbidden(part, _SEALED) for part in parts if (obj.get(part) or {}) != (old.get(part) or {})]


def config_map_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a ConfigMap."""
    faults = _sealed_faults(obj, old, ("data", "binaryData"))
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    for key in data:
        faults += [fe.invalid(f"data[{key}]", key, fault) for fault in names.data_key(key)]
        if key in binary:
            faults.append(fe.invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
    for key in binary:
        faults += [fe.invalid(f"binaryData[{key}]", key, fault) for fault in names.data_key(key)]
    size = sum(len(value.encode()) for value in data.values()) + sum(map(_decoded_size, binary.values()))
    if size > MAX_DATA:
        faults.append(fe.too_long("", MAX_DATA))
    return faults


def _decoded_size(text: str) -> int:
    return len(base64.b64decode(text or ""))


def secret_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a Secret."""
    kind, data = obj.get("type", ""), obj.get("data") or {}
    faults = []
    if old is not None and kind != old.get("type", ""):
        faults.append(fe.invalid("type", kind, "field is immutable"))
    faults += _sealed_faults(obj, old, ("data",))
    for key in data:
        faults += [fe.invalid(f"data[{key}]", key, fault) for fault in names.data_key(key)]
    if sum(map(_decoded_size, data.values())) > MAX_DATA:
        faults.append(fe.too_long("data", MAX_DATA))
    faults += [fe.required(f"data[{key}]") for key in _NEEDED_KEYS.get(kind, ()) if key not in data]
    if kind == "kubernetes.io/basic-auth" and not data.keys() & {"username", "password"}:
        faults += [fe.required("data[username]"), fe.required("data[password]")]
    owner = "kubernetes.io/service-account.name"
    named = (obj["metadata"].get("annotations") or {}).get(owner)
    if kind == "kubernetes.io/service-account-token" and not named:
        faults.append(fe.required(f"metadata.annotations[{owner}]"))
    return faults


_SERVICE_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


def service_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a Service."""
    spec = obj.get("spec") or {}
    kind = spec.get("type", "")
    headless = spec.get("clusterIP") == "None"
    faults = _kept_address(spec, old)
    ports = spec.get("ports") or []
    if not ports and not headless and kind != "ExternalName":
        faults.append(fe.required("spec.ports"))
    if headless and kind in ("LoadBalancer", "NodePort"):
        faults.append(fe.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services"))
    if kind == "ExternalName":
        faults += _external_name_faults(spec)
    seen: set[str] = set()
    for index, port in enumerate(ports):
        faults += _service_port_faults(port, f"spec.ports[{index}]", several=len(ports) > 1, seen=seen)
    faults += labels_faults(spec.get("selector") or {}, "spec.selector")
    if spec.get("sessionAffinity") not in ("ClientIP", "None"):
        faults.append(fe.not_supported("spec.sessionAffinity", spec.get("sessionAffinity", ""), ("ClientIP", "None")))
    faults += _address_faults(spec)
    if kind not in _SERVICE_TYPES:
        faults.append(fe.not_supported("spec.type", kind, _SERVICE_TYPES))
    return faults + _clash_faults(ports, kind)


def _kept_address(spec: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    before = (old or {}).get("spec") or {}
    given = before.get("clusterIP")
    if not given or before.get("type") == "ExternalName" or spec.get("type") == "ExternalName":
        return []
    if spec.get("clusterIP", "") == given:
        return []
    return [fe.invalid("spec.clusterIPs[0]", [spec.get("clusterIP", "")], "may not change once set")]


def _external_name_faults(spec: dict[str, Any]) -> list[FieldError]:
    faults = []
    if spec.get("clusterIPs"):
        faults.append(fe.forbidden("spec.clusterIPs", "may not be set for ExternalName services"))
    name = (spec.get("externalName") or "").removesuffix(".")
    if not name:
        return [*faults, fe.required("spec.externalName")]
    return faults + [fe.invalid("spec.externalName", name, fault) for fault in names.dns_subdomain(name)]


def _service_port_faults(port: dict[str, Any], path: str, *, several: bool, seen: set[str]) -> list[FieldError]:
    faults = []
    name = port.get("name", "")
    if several and not name:
        faults.append(fe.required(f"{path}.name"))
    elif name:
        faults += [fe.invalid(f"{path}.name", name, fault) for fault in names.dns_label(name)]
        if name in seen:
            faults.append(fe.duplicate(f"{path}.name", name))
        seen.add(name)
    number = port.get("port") or 0
    faults += [fe.invalid(f"{path}.port", number, fault) for fault in names.port_number(number)]
    protocol = port.get("protocol", "")
    if protocol not in ("SCTP", "TCP", "UDP"):
        faults.append(fe.not_supported(f"{path}.protocol", protocol, ("SCTP", "TCP", "UDP")))
    target = port.get("targetPort", number)
    wrong = names.port_number(target) if isinstance(target, int) else names.port_name(target)
    return faults + [fe.invalid(f"{path}.targetPort", target, fault) for fault in wrong]


def _address_faults(spec: dict[str, Any]) -> list[FieldError]:
    faults = []
    given = (
        [("spec.clusterIPs[0]", spec.get("clusterIP", ""))] if spec.get("clusterIP") not in (None, "", "None") else []
    )
    given += [(f"spec.externalIPs[{index}]", text) for index, text in enumerate(spec.get("externalIPs") or [])]
    for path, text in given:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            rule = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            faults.append(fe.invalid(path, text, rule))
    return faults


def _clash_faults(ports: list[dict[str, Any]], kind: str) -> list[FieldError]:
    faults = []
    if kind == "ClusterIP":
        faults += [
            fe.forbidden(f"spec.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'")
            for index, port in enumerate(ports)
            if port.get("nodePort")
        ]
    used: set[tuple[str, int]] = set()
    listed: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        node = (port.get("protocol", ""), port.get("nodePort") or 0)
        if node[1] and node in used:
            faults.append(fe.duplicate(f"spec.ports[{index}].nodePort", node[1]))
        used.add(node)
        key = (port.get("protocol", ""), port.get("port") or 0)
        if key in listed:
            head = f'{{"Name":"","Protocol":"{key[0]}","AppProtocol":null'
            shown = f'{head},"Port":{key[1]},"TargetPort":0,"NodePort":0}}'
            faults.append(fe.duplicate(f"spec.ports[{index}]", fe.Shown(shown)))
        listed.add(key)
    return faults


_ACCESS = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


def claim_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a PersistentVolumeClaim."""
    spec = obj.get("spec") or {}
    faults = []
    modes = spec.get("accessModes") or []
    if not modes:
        faults.append(fe.required("spec.accessModes", "at least 1 access mode is required"))
    faults += [fe.not_supported("spec.accessModes", mode, _ACCESS) for mode in modes if mode not in _ACCESS]
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        faults.append(fe.required("spec.resources[storage]"))
    elif quantity.value(str(requests["storage"])) <= 0:
        faults.append(fe.invalid("spec.resources[storage]", requests["storage"], "must be greater than zero"))
    return faults if old is None else faults + _claim_changes(spec, old["spec"])


def _claim_changes(spec: dict[str, Any], before: dict[str, Any]) -> list[FieldError]:
    free = {"resources", "volumeAttributesClassName"} | ({"volumeName"} if not before.get("volumeName") else set())
    faults = []
    if any(spec.get(key) != before.get(key) for key in (spec.keys() | before.keys()) - free):
        rule = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        faults.append(fe.forbidden("spec", rule))
    new, old = (((s.get("resources") or {}).get("requests") or {}).get("storage") for s in (spec, before))
    if new is not None and old is not None and quantity.value(str(new)) < quantity.value(str(old)):
        faults.append(fe.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"))
    return faults


def storage_class_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a StorageClass."""
    if not obj.get("provisioner"):
        return [fe.required("provisioner")]
    faults = []
    if obj.get("reclaimPolicy") not in ("Delete", "Retain"):
        faults.append(fe.not_supported("reclaimPolicy", obj.get("reclaimPolicy", ""), ("Delete", "Retain")))
    if obj.get("volumeBindingMode") not in ("Immediate", "WaitForFirstConsumer"):
        kinds = ("Immediate", "WaitForFirstConsumer")
        faults.append(fe.not_supported("volumeBindingMode", obj.get("volumeBindingMode", ""), kinds))
    if old is not None:
        faults += [
            fe.forbidden(key, f"updates to {key} are forbidden.")
            for key in ("parameters", "provisioner", "reclaimPolicy")
            if obj.get(key) != old.get(key)
        ]
        if obj.get("volumeBindingMode") != old.get("volumeBindingMode"):
            faults.append(fe.invalid("volumeBindingMode", obj.get("volumeBindingMode"), "field is immutable"))
    return faults
