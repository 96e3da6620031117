"""Refuses what would exceed a ResourceQuota. Source: Kubernetes, resourcequota admission plugin (texts, order)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lab.apiserver.core import quantity
from lab.apiserver.core.errors import forbidden
from lab.apiserver.core.quota_usage import Usage, charge, in_scope, shown, total, unstated

if TYPE_CHECKING:
    from lab.apiserver.core.admission import RequestAttributes
    from lab.apiserver.core.cluster import Cluster

QUOTAS = "resourcequotas"


class QuotaAdmission:
    """An admission function over everything that a quota of its namespace counts."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def __call__(
        self, attributes: RequestAttributes, obj: dict[str, Any] | None, old: dict[str, Any] | None
    ) -> tuple[dict[str, Any] | None, Sequence[str]]:
        """Raises ApiError 403 for an object that would use more than is left."""
        if obj is None or not attributes.namespace or attributes.subresource:
            return obj, ()
        quotas = self._cluster.table(QUOTAS)
        if not len(quotas):
            return obj, ()
        group_resource = f"{attributes.resource}.{attributes.group}" if attributes.group else attributes.resource
        for _key, entry in quotas.items(attributes.namespace):
            self._check(entry.object(), attributes, group_resource, obj, old)
        return obj, ()

    def _check(
        self,
        quota: Mapping[str, Any],
        attributes: RequestAttributes,
        group_resource: str,
        obj: dict[str, Any],
        old: dict[str, Any] | None,
    ) -> None:
        hard: Mapping[str, str] = quota["spec"].get("hard") or {}
        if not in_scope(quota, group_resource, obj):
            return
        refused, name = attributes.name or obj["metadata"].get("name", ""), quota["metadata"]["name"]
        if group_resource == "pods" and old is None and (missing := unstated(hard, obj)):
            listed = "; ".join(f"{key} for: {','.join(names)}" for key, names in missing.items())
            raise forbidden(group_resource, refused, f"failed quota: {name}: must specify {listed}")
        asked = charge(group_resource, obj)
        before = charge(group_resource, old) if old is not None else {}
        grown: Usage = {
            key: more for key in hard if (more := asked.get(key, Decimal(0)) - before.get(key, Decimal(0))) > 0
        }
        if not grown:
            return
        used = usage(self._cluster, quota)
        over = [key for key in sorted(grown) if used[key] + grown[key] > quantity.value(str(hard[key]))]
        if over:
            told = (
                f"requested: {_listed(over, grown)}, used: {_listed(over, used)}, "
                f"limited: {','.join(f'{key}={hard[key]}' for key in over)}"
            )
            raise forbidden(group_resource, refused, f"exceeded quota: {name}, {told}")


def _listed(names: Sequence[str], amounts: Usage) -> str:
    return ",".join(f"{name}={shown(name, amounts[name])}" for name in names)


def usage(cluster: Cluster, quota: Mapping[str, Any]) -> Usage:
    """What the namespace of a quota uses of each resource that the quota limits, at this moment."""
    hard = quota["spec"].get("hard") or {}
    namespace = quota["metadata"]["namespace"]
    charges = []
    for group_resource, table in cluster.tables():
        if not any(name in hard for name in possible_names(group_resource, hard)):
            continue
        for _key, entry in table.items(namespace):
            obj = entry.object()
            if in_scope(quota, group_resource, obj):
                charges.append(charge(group_resource, obj))
    return total(charges, hard)


def possible_names(group_resource: str, hard: Mapping[str, str]) -> Sequence[str]:
    """The quota resources, of those limited, that objects of this resource may use."""
    if group_resource == "pods":
        prefixes = ("pods", "count/pods", "cpu", "memory", "ephemeral-storage", "requests.", "limits.")
        return [name for name in hard if name.startswith(prefixes) and name != "requests.storage"]
    if group_resource == "persistentvolumeclaims":
        parts = ("persistentvolumeclaims", "requests.storage")
        return [name for name in hard if name.endswith(parts)]
    if group_resource == "services":
        return [name for name in hard if name == "count/services" or name.startswith("services")]
    return [name for name in hard if name in (group_resource, f"count/{group_resource}")]
