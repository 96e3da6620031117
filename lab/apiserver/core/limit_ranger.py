"""Gives containers the limits of their namespace, and refuses those outside its ranges.

Source: Kubernetes, LimitRanger admission plugin (defaults, constraints, texts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lab.apiserver.core import quantity
from lab.apiserver.core.errors import forbidden
from lab.apiserver.core.quota_usage import charge, shown

if TYPE_CHECKING:
    from lab.apiserver.core.admission import RequestAttributes
    from lab.apiserver.core.cluster import Cluster

LIMIT_RANGES = "limitranges"
NOTE = "kubernetes.io/limit-ranger"
Amounts = Mapping[str, str]


class LimitRanger:
    """An admission function over new pods and claims."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def __call__(
        self, attributes: RequestAttributes, obj: dict[str, Any] | None, old: dict[str, Any] | None
    ) -> tuple[dict[str, Any] | None, Sequence[str]]:
        """Raises ApiError 403 for an object outside a range."""
        if obj is None or attributes.group or attributes.subresource:
            return obj, ()
        pod = attributes.resource == "pods" and old is None
        if not pod and attributes.resource != "persistentvolumeclaims":
            return obj, ()
        for _key, entry in self._cluster.table(LIMIT_RANGES).items(attributes.namespace):
            limits = entry.object()["spec"].get("limits") or ()
            if pod:
                _fill(obj, limits)
            faults = [*(_pod_faults(obj, limits) if pod else _claim_faults(obj, limits))]
            if faults:
                told = faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"
                name = attributes.name or obj["metadata"].get("name", "")
                raise forbidden(attributes.resource, name, told)
        return obj, ()


def _containers(pod: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for word, key in (("container", "containers"), ("init container", "initContainers")):
        for container in pod["spec"].get(key) or ():
            yield word, container


def _fill(pod: dict[str, Any], limits: Sequence[Mapping[str, Any]]) -> None:
    """Set what containers leave open, and note it on the pod."""
    requests: dict[str, str] = {}
    most: dict[str, str] = {}
    for item in limits:
        if item.get("type") == "Container":
            requests |= item.get("defaultRequest") or {}
            most |= item.get("default") or {}
    notes = []
    for word, container in _containers(pod):
        resources = container.setdefault("resources", {})
        for key, told, defaults in (("requests", "request", requests), ("limits", "limit", most)):
            stated = resources.get(key) or {}
            missing = {name: amount for name, amount in defaults.items() if name not in stated}
            if missing:
                resources[key] = {**stated, **missing}
                notes.append(f"{', '.join(sorted(missing))} {told} for {word} {container['name']}")
    if notes:
        pod["metadata"].setdefault("annotations", {})[NOTE] = f"LimitRanger plugin set: {'; '.join(notes)}"


def _pod_faults(pod: Mapping[str, Any], limits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for item in limits:
        if item.get("type") == "Container":
            for _word, container in _containers(pod):
                resources = container.get("resources") or {}
                yield from _faults(item, "Container", resources.get("requests") or {}, resources.get("limits") or {})
        elif item.get("type") == "Pod":
            whole = charge("pods", pod)
            yield from _faults(item, "Pod", _amounts(whole, "requests."), _amounts(whole, "limits."))


def _amounts(whole: Mapping[str, Decimal], prefix: str) -> dict[str, str]:
    return {k.removeprefix(prefix): shown(k, amount) for k, amount in whole.items() if k.startswith(prefix)}


def _claim_faults(claim: Mapping[str, Any], limits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    requests = (claim["spec"].get("resources") or {}).get("requests") or {}
    for item in limits:
        if item.get("type") != "PersistentVolumeClaim":
            continue
        yield from _too_little(item.get("min") or {}, "PersistentVolumeClaim", requests, {})
        for name, most in sorted((item.get("max") or {}).items()):
            head = f"maximum {name} usage per PersistentVolumeClaim is {most}"
            if name not in requests:
                yield f"{head}.  No request is specified"
            elif _value(requests[name]) > _value(most):
                yield f"{head}, but request is {requests[name]}"


def _faults(item: Mapping[str, Any], type_: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    yield from _too_little(item.get("min") or {}, type_, requests, limits)
    for name, most in sorted((item.get("max") or {}).items()):
        head = f"maximum {name} usage per {type_} is {most}"
        if name not in limits:
            yield f"{head}.  No limit is specified"
        elif _value(limits[name]) > _value(most):
            yield f"{head}, but limit is {limits[name]}"
        elif name in requests and _value(requests[name]) > _value(most):
            yield f"{head}, but request is {requests[name]}"
    for name, most in sorted((item.get("maxLimitRequestRatio") or {}).items()):
        yield from _uneven(name, most, type_, requests, limits)


def _too_little(least: Amounts, type_: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, amount in sorted(least.items()):
        head = f"minimum {name} usage per {type_} is {amount}"
        if name not in requests:
            yield f"{head}.  No request is specified"
        elif _value(requests[name]) < _value(amount):
            yield f"{head}, but request is {requests[name]}"
        elif name in limits and _value(limits[name]) < _value(amount):
            yield f"{head}, but limit is {limits[name]}"


def _uneven(name: str, most: str, type_: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    head = f"{name} max limit to request ratio per {type_} is {most}"
    request, limit = _value(requests.get(name, "0")), _value(limits.get(name, "0"))
    if not request:
        yield f"{head}, but no request is specified or request is 0"
    elif not limit:
        yield f"{head}, but no limit is specified or limit is 0"
    elif limit / request > _value(most):
        yield f"{head}, but provided ratio is {float(limit / request):f}"


def _value(text: str) -> Decimal:
    return quantity.value(str(text))
