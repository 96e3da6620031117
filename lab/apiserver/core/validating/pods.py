"""Faults of Pods and Pod templates.

Source: Kubernetes, pkg/apis/core/validation: ValidatePodSpec, validateContainers, ValidateVolumes, probes, resources.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.apiserver.core import field_errors as fe
from lab.apiserver.core import quantity
from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.validating import names
from lab.apiserver.core.validating.metadata import annotation_faults, labels_faults

_PULL = ("Always", "IfNotPresent", "Never")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_RESTART = ("Always", "OnFailure", "Never")
_HANDLERS = ("exec", "grpc", "httpGet", "sleep", "tcpSocket")
_CHANGEABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def template_faults(template: dict[str, Any], path: str, claims: Sequence[str] = ()) -> list[FieldError]:
    """Faults of a Pod template at `path`; `claims` are volumes that a StatefulSet puts before those of the template."""
    metadata = template.get("metadata") or {}
    faults = labels_faults(metadata.get("labels") or {}, f"{path}.labels")
    faults += annotation_faults(metadata.get("annotations") or {}, f"{path}.annotations")
    return faults + spec_faults(template.get("spec") or {}, f"{path}.spec", claims)


def pod_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a Pod; of a stored one only images, deadlines and tolerations may change."""
    if old is None:
        return spec_faults(obj.get("spec") or {}, "spec")
    if _frozen(obj.get("spec") or {}) != _frozen(old.get("spec") or {}):
        return [fe.forbidden("spec", _CHANGEABLE)]
    return []


def _frozen(spec: dict[str, Any]) -> dict[str, Any]:
    """What of a Pod's spec cannot change."""
    free = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName", "ephemeralContainers")
    kept = {key: value for key, value in spec.items() if key not in free}
    for part in ("containers", "initContainers"):
        if part in kept:
            drop = ("image", "resources")
            kept[part] = [{k: v for k, v in container.items() if k not in drop} for container in kept[part]]
    return kept


def spec_faults(spec: dict[str, Any], path: str, claims: Sequence[str] = ()) -> list[FieldError]:
    """Faults of a Pod's spec at `path`."""
    faults, volumes = _volume_faults(spec.get("volumes") or [], f"{path}.volumes", claims)
    containers = spec.get("containers") or []
    if not containers:
        faults.append(fe.required(f"{path}.containers"))
    seen: set[str] = set()
    for part in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(part) or []):
            where = f"{path}.{part}[{index}]"
            faults += _container_faults(container, where, volumes)
            if container.get("name") and container["name"] in seen:
                faults.append(fe.duplicate(f"{where}.name", container["name"]))
            seen.add(container.get("name", ""))
    return faults + _setting_faults(spec, path, claims)


def _setting_faults(spec: dict[str, Any], path: str, claims: Sequence[str]) -> list[FieldError]:
    faults = []
    for key, allowed in (("restartPolicy", _RESTART), ("dnsPolicy", _DNS)):
        value = spec.get(key)
        if not value:
            faults.append(fe.required(f"{path}.{key}"))
        elif value not in allowed:
            faults.append(fe.not_supported(f"{path}.{key}", value, allowed))
    faults += labels_faults(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    for key in ("serviceAccountName", "nodeName"):
        if spec.get(key):
            faults += [fe.invalid(f"{path}.{key}", spec[key], fault) for fault in names.dns_subdomain(spec[key])]
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline < 2**31:
        faults.append(
            fe.invalid(f"{path}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive")
        )
    for key in () if claims else ("hostname", "subdomain"):
        if spec.get(key):
            faults += [fe.invalid(f"{path}.{key}", spec[key], fault) for fault in names.dns_label(spec[key])]
    return faults


_MIN = "must be greater than or equal to 0"


def _container_faults(container: dict[str, Any], path: str, volumes: set[str]) -> list[FieldError]:
    faults = []
    name = container.get("name", "")
    if not name:
        faults.append(fe.required(f"{path}.name"))
    else:
        faults += [fe.invalid(f"{path}.name", name, fault) for fault in names.dns_label(name)]
    image = container.get("image", "")
    if not image:
        faults.append(fe.required(f"{path}.image"))
    elif image != image.strip() and path.startswith("spec.containers"):
        # Templates are spared this check; their Pods are not.
        faults.append(fe.invalid(f"{path}.image", image, "must not have leading or trailing whitespace"))
    faults += _port_faults(container.get("ports") or [], f"{path}.ports")
    faults += _environment_faults(container.get("env") or [], f"{path}.env")
    faults += _mount_faults(container.get("volumeMounts") or [], f"{path}.volumeMounts", volumes)
    if container.get("imagePullPolicy") not in _PULL:
        faults.append(fe.not_supported(f"{path}.imagePullPolicy", container.get("imagePullPolicy", ""), _PULL))
    faults += _resource_faults(container.get("resources") or {}, f"{path}.resources")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(probe):
            faults += _probe_faults(container[probe], f"{path}.{probe}", probe)
    return faults


def _port_faults(ports: list[dict[str, Any]], path: str) -> list[FieldError]:
    faults = []
    seen: set[str] = set()
    for index, port in enumerate(ports):
        where = f"{path}[{index}]"
        name = port.get("name", "")
        if name:
            wrong = names.port_name(name)
            faults += [fe.invalid(f"{where}.name", name, fault) for fault in wrong]
            if not wrong and name in seen:
                faults.append(fe.duplicate(f"{where}.name", name))
            seen.add(name)
        number = port.get("containerPort") or 0
        if number == 0:
            faults.append(fe.required(f"{where}.containerPort"))
        else:
            faults += [fe.invalid(f"{where}.containerPort", number, fault) for fault in names.port_number(number)]
        if port.get("hostPort"):
            host = port["hostPort"]
            faults += [fe.invalid(f"{where}.hostPort", host, fault) for fault in names.port_number(host)]
        if not port.get("protocol"):
            faults.append(fe.required(f"{where}.protocol"))
        elif port["protocol"] not in _PROTOCOLS:
            faults.append(fe.not_supported(f"{where}.protocol", port["protocol"], _PROTOCOLS))
    return faults


def _environment_faults(variables: list[dict[str, Any]], path: str) -> list[FieldError]:
    faults = []
    for index, variable in enumerate(variables):
        where = f"{path}[{index}]"
        name = variable.get("name", "")
        if not name:
            faults.append(fe.required(f"{where}.name"))
        elif "=" in name or not all(" " <= char <= "~" for char in name):
            rule = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            faults.append(fe.invalid(f"{where}.name", name, rule))
        source = variable.get("valueFrom")
        if source is not None:
            if variable.get("value"):
                faults.append(fe.invalid(f"{where}.valueFrom", "", "may not be specified when `value` is not empty"))
            if len(source) == 0:
                rule = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
                faults.append(fe.invalid(f"{where}.valueFrom", "", rule))
            elif len(source) > 1:
                rule = "may not have more than one field specified at a time"
                faults.append(fe.invalid(f"{where}.valueFrom", "", rule))
    return faults


def _mount_faults(mounts: list[dict[str, Any]], path: str, volumes: set[str]) -> list[FieldError]:
    faults = []
    seen: set[str] = set()
    for index, mount in enumerate(mounts):
        where = f"{path}[{index}]"
        name = mount.get("name", "")
        if not name:
            faults.append(fe.required(f"{where}.name"))
        if name not in volumes:
            faults.append(fe.not_found(f"{where}.name", name))
        target = mount.get("mountPath", "")
        if not target:
            faults.append(fe.required(f"{where}.mountPath"))
        if target in seen:
            faults.append(fe.invalid(f"{where}.mountPath", target, "must be unique"))
        seen.add(target)
    return faults


def _resource_faults(resources: dict[str, Any], path: str) -> list[FieldError]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    faults = []
    for part, amounts in (("limits", limits), ("requests", requests)):
        for key, amount in amounts.items():
            if quantity.value(str(amount)) < 0:
                faults.append(fe.invalid(f"{path}.{part}[{key}]", amount, _MIN))
            if "/" not in key and key not in _RESOURCES and not key.startswith("hugepages-"):
                where = f"{path}.{part}[{key}]"
                faults.append(fe.invalid(where, key, "must be a standard resource type or fully qualified"))
                faults.append(fe.invalid(where, key, "must be a standard resource for containers"))
    for key, amount in requests.items():
        if key in limits and quantity.value(str(amount)) > quantity.value(str(limits[key])):
            rule = f"must be less than or equal to {key} limit of {limits[key]}"
            faults.append(fe.invalid(f"{path}.requests", amount, rule))
    return faults


_RESOURCES = ("cpu", "memory", "ephemeral-storage")


def _probe_faults(probe: dict[str, Any], path: str, kind: str) -> list[FieldError]:
    handlers = [key for key in _HANDLERS if probe.get(key) is not None]
    faults = []
    if not handlers:
        faults.append(fe.required(path, "must specify a handler type"))
    faults += [fe.forbidden(f"{path}.{extra}", "may not specify more than 1 handler type") for extra in handlers[1:]]
    counts = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
    faults += [fe.invalid(f"{path}.{key}", probe[key], _MIN) for key in counts if (probe.get(key) or 0) < 0]
    if kind != "readinessProbe" and probe.get("successThreshold", 1) != 1:
        faults.append(fe.invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1"))
    return faults


def _volume_faults(
    volumes: list[dict[str, Any]], path: str, claims: Sequence[str]
) -> tuple[list[FieldError], set[str]]:
    """The faults, and the names that containers can mount: those of volumes without a fault."""
    faults: list[FieldError] = []
    seen = {claim for claim in claims if claim not in {volume.get("name") for volume in volumes}}
    for index, volume in enumerate(volumes, start=len(seen)):
        where = f"{path}[{index}]"
        name = volume.get("name", "")
        own = []
        if not name:
            own.append(fe.required(f"{where}.name"))
        else:
            own += [fe.invalid(f"{where}.name", name, fault) for fault in names.dns_label(name)]
            if name in seen:
                own.append(fe.duplicate(f"{where}.name", name))
        sources = sorted((key for key in volume if key != "name"), key=_source_rank)
        own += [fe.forbidden(f"{where}.{s}", "may not specify more than 1 volume type") for s in sources[1:]]
        own += _source_faults(volume, where)
        if not own:
            seen.add(name)
        faults += own
    return faults, seen


_SOURCES = ("emptyDir", "hostPath", "gitRepo", "secret", "nfs", "iscsi", "persistentVolumeClaim", "downwardAPI")


def _source_rank(source: str) -> int:
    """Where a volume type stands in the order of the checks."""
    return _SOURCES.index(source) if source in _SOURCES else len(_SOURCES)


def _source_faults(volume: dict[str, Any], path: str) -> list[FieldError]:
    """The reference that a volume of the usual types needs."""
    needed = {"configMap": "name", "secret": "secretName", "persistentVolumeClaim": "claimName", "hostPath": "path"}
    return [
        fe.required(f"{path}.{source}.{key}")
        for source, key in needed.items()
        if volume.get(source) is not None and not volume[source].get(key)
    ]
