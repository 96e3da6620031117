"""What objects cost against a ResourceQuota: counts, compute resources of pods, storage of claims.

Source: Kubernetes, quota evaluators (pods, services, persistentvolumeclaims, generic object count) and scopes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from lab.apiserver.core import quantity

Usage = dict[str, Decimal]
COUNTED = (
    "pods",
    "services",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
)
"""Core resources that a quota may count by their plain names; all others count as `count/RESOURCE`."""
COMPUTE = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""Resources that every container has to state where a quota limits them."""


def charge(group_resource: str, obj: Mapping[str, Any]) -> Usage:
    """What one object uses, by the names of quota resources. A finished pod uses only its count."""
    found: Usage = {f"count/{group_resource}": Decimal(1)}
    if group_resource in COUNTED:
        found[group_resource] = Decimal(1)
    if group_resource == "pods":
        if (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            return {"count/pods": Decimal(1)}
        _add_pod(found, obj.get("spec") or {})
    elif group_resource == "services":
        _add_service(found, obj.get("spec") or {})
    elif group_resource == "persistentvolumeclaims":
        _add_claim(found, obj.get("spec") or {})
    return found


def total(charges: Iterable[Usage], names: Iterable[str]) -> Usage:
    """The sum of charges, for the resources named."""
    found = dict.fromkeys(names, Decimal(0))
    for one in charges:
        for name in found:
            found[name] += one.get(name, Decimal(0))
    return found


def in_scope(quota: Mapping[str, Any], group_resource: str, obj: Mapping[str, Any]) -> bool:
    """True if the quota's scopes take the object in. Quotas with a scopeSelector take in nothing here."""
    spec = quota["spec"]
    if spec.get("scopeSelector"):
        return False
    scopes = spec.get("scopes") or ()
    if not scopes:
        return True
    if group_resource != "pods":
        return False
    pod = obj.get("spec") or {}
    best_effort = not any((c.get("resources") or {}).get(k) for c in _containers(pod) for k in ("requests", "limits"))
    ends = pod.get("activeDeadlineSeconds") is not None
    holds = {
        "BestEffort": best_effort,
        "NotBestEffort": not best_effort,
        "Terminating": ends,
        "NotTerminating": not ends,
    }
    return all(holds.get(scope, False) for scope in scopes)


def unstated(hard: Iterable[str], pod: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names of containers that do not state a compute resource which is limited, by that resource."""
    missing: dict[str, list[str]] = {}
    for name in sorted(set(hard) & set(COMPUTE)):
        kind, _, resource = name.rpartition(".")
        for container in _containers(pod.get("spec") or {}):
            if resource not in ((container.get("resources") or {}).get(kind or "requests") or {}):
                missing.setdefault(name, []).append(container["name"])
    return missing


def shown(name: str, amount: Decimal) -> str:
    """An amount as Kubernetes writes it: bytes in powers of 1024 where they divide."""
    whole = int(amount)
    if name.rpartition(".")[2] in ("memory", "storage", "ephemeral-storage") and amount == whole and whole % 1024 == 0:
        return quantity.canonical(f"{whole // 1024}Ki")
    return quantity.canonical(f"{amount:f}")


def _containers(pod_spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(pod_spec.get("containers") or ()), *(pod_spec.get("initContainers") or ())]


def _add_pod(found: Usage, spec: Mapping[str, Any]) -> None:
    for kind in ("requests", "limits"):
        for name in {n for c in _containers(spec) for n in ((c.get("resources") or {}).get(kind) or {})}:
            amount = max(_summed(spec.get("containers") or (), kind, name), _largest(spec, kind, name))
            found[f"{kind}.{name}"] = amount
            if kind == "requests" and name in ("cpu", "memory", "ephemeral-storage"):
                found[name] = amount


def _amount(container: Mapping[str, Any], kind: str, name: str) -> Decimal:
    text = ((container.get("resources") or {}).get(kind) or {}).get(name, "0")
    return quantity.value(str(text))


def _summed(containers: Iterable[Mapping[str, Any]], kind: str, name: str) -> Decimal:
    return sum((_amount(container, kind, name) for container in containers), Decimal(0))


def _largest(spec: Mapping[str, Any], kind: str, name: str) -> Decimal:
    """Init containers run one after the other: the largest counts."""
    return max((_amount(c, kind, name) for c in spec.get("initContainers") or ()), default=Decimal(0))


def _add_service(found: Usage, spec: Mapping[str, Any]) -> None:
    kind = spec.get("type")
    if kind == "LoadBalancer":
        found["services.loadbalancers"] = Decimal(1)
    if kind == "NodePort" or (kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)):
        found["services.nodeports"] = Decimal(len(spec.get("ports") or ()))


def _add_claim(found: Usage, spec: Mapping[str, Any]) -> None:
    size = quantity.value(str(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")))
    found["requests.storage"] = size
    if spec.get("storageClassName"):
        prefix = f"{spec['storageClassName']}.storageclass.storage.k8s.io/"
        found[f"{prefix}requests.storage"] = size
        found[f"{prefix}persistentvolumeclaims"] = Decimal(1)
