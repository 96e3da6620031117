"""Volumes, claims and the group storage.k8s.io. Source: Kubernetes, internalversion printers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lab.apiserver.core.printers.printer import Printer, age, columns, name_of, part, text

_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
_DEFAULT_ANNOTATIONS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


def _access_modes(modes: Sequence[str] | None) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in (modes or ()))


def _class_name(obj: dict[str, Any]) -> str:
    annotations = obj.get("metadata", {}).get("annotations") or {}
    return annotations.get(_CLASS_ANNOTATION) or text(obj, "spec", "storageClassName")


def _phase(obj: dict[str, Any]) -> str:
    return "Terminating" if obj.get("metadata", {}).get("deletionTimestamp") else text(obj, "status", "phase")


def _volume(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    claim = spec.get("claimRef")
    return [
        name_of(obj),
        text(spec, "capacity", "storage", default="0"),
        _access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        _phase(obj),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        _class_name(obj),
        text(spec, "volumeAttributesClassName", default="<unset>"),
        text(obj, "status", "reason"),
        age(obj, now),
        text(spec, "volumeMode", default="<unset>"),
    ]


def _claim(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    bound = bool(spec.get("volumeName"))
    return [
        name_of(obj),
        _phase(obj),
        spec.get("volumeName", ""),
        text(status, "capacity", "storage", default="0") if bound else "",
        _access_modes(status.get("accessModes")) if bound else "",
        _class_name(obj),
        text(spec, "volumeAttributesClassName", default="<unset>"),
        age(obj, now),
        text(spec, "volumeMode", default="<unset>"),
    ]


def _storage_class(obj: dict[str, Any], now: datetime) -> list[Any]:
    annotations = obj.get("metadata", {}).get("annotations") or {}
    default = any(annotations.get(key) == "true" for key in _DEFAULT_ANNOTATIONS)
    return [
        name_of(obj) + (" (default)" if default else ""),
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy") or "Delete",
        obj.get("volumeBindingMode") or "Immediate",
        bool(obj.get("allowVolumeExpansion")),
        age(obj, now),
    ]


def _attributes_class(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), obj.get("driverName", ""), age(obj, now)]


def _attachment(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    volume = part(spec, "source").get("persistentVolumeName") or ""
    attached = bool(part(obj, "status").get("attached"))
    return [name_of(obj), spec.get("attacher", ""), volume, spec.get("nodeName", ""), attached, age(obj, now)]


def _csi_node(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), len(part(obj, "spec").get("drivers") or ()), age(obj, now)]


def _csi_driver(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    tokens = spec.get("tokenRequests")
    return [
        name_of(obj),
        spec.get("attachRequired", True),
        spec.get("podInfoOnMount", False),
        spec.get("storageCapacity", False),
        "<unset>" if tokens is None else ",".join(t.get("audience", "") for t in tokens),
        spec.get("requiresRepublish", False),
        ",".join(spec.get("volumeLifecycleModes") or ()) or "<none>",
        age(obj, now),
    ]


def _capacity(obj: dict[str, Any], _now: datetime) -> list[Any]:
    return [name_of(obj), obj.get("storageClassName", ""), obj.get("capacity") or "<unset>"]


PRINTERS = {
    "persistentvolumes": Printer(
        columns(
            "Name",
            "Capacity",
            "Access Modes",
            "Reclaim Policy",
            "Status",
            "Claim",
            "StorageClass",
            "VolumeAttributesClass",
            "Reason",
            "Age",
            wide=("VolumeMode",),
        ),
        _volume,
    ),
    "persistentvolumeclaims": Printer(
        columns(
            "Name",
            "Status",
            "Volume",
            "Capacity",
            "Access Modes",
            "StorageClass",
            "VolumeAttributesClass",
            "Age",
            wide=("VolumeMode",),
        ),
        _claim,
    ),
    "storageclasses.storage.k8s.io": Printer(
        columns("Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"),
        _storage_class,
    ),
    "volumeattributesclasses.storage.k8s.io": Printer(columns("Name", "DriverName", "Age"), _attributes_class),
    "volumeattachments.storage.k8s.io": Printer(
        columns("Name", "Attacher", "PV", "Node", "Attached:boolean", "Age"), _attachment
    ),
    "csinodes.storage.k8s.io": Printer(columns("Name", "Drivers:integer", "Age"), _csi_node),
    "csidrivers.storage.k8s.io": Printer(
        columns(
            "Name",
            "AttachRequired:boolean",
            "PodInfoOnMount:boolean",
            "StorageCapacity:boolean",
            "TokenRequests",
            "RequiresRepublish:boolean",
            "Modes",
            "Age",
        ),
        _csi_driver,
    ),
    "csistoragecapacities.storage.k8s.io": Printer(columns("Name", "StorageClassName", "Capacity"), _capacity),
}
