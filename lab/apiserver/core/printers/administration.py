"""Access, certificates, admission, scheduling, leases, API services. Source: Kubernetes, internalversion printers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from lab.apiserver.core.printers.durations import human_duration
from lab.apiserver.core.printers.printer import Printer, age, columns, condition, name_of, number, part, text


def _binding(obj: dict[str, Any], now: datetime) -> list[Any]:
    ref = part(obj, "roleRef")
    subjects = obj.get("subjects") or ()
    users, groups = (
        ", ".join(s.get("name", "") for s in subjects if s.get("kind") == kind) for kind in ("User", "Group")
    )
    accounts = ", ".join(
        f"{s.get('namespace', '')}/{s.get('name', '')}" for s in subjects if s.get("kind") == "ServiceAccount"
    )
    return [name_of(obj), f"{ref.get('kind', '')}/{ref.get('name', '')}", age(obj, now), users, groups, accounts]


def _signing_request(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    types = {c.get("type") for c in status.get("conditions") or ()}
    state = "Denied" if "Denied" in types else ("Approved" if "Approved" in types else "Pending")
    state += (",Failed" if "Failed" in types else "") + (",Issued" if status.get("certificate") else "")
    seconds = spec.get("expirationSeconds")
    return [
        name_of(obj),
        age(obj, now),
        spec.get("signerName") or "<none>",
        spec.get("username", ""),
        "<none>" if seconds is None else human_duration(seconds),
        state,
    ]


def _webhooks(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), len(obj.get("webhooks") or ()), age(obj, now)]


def _policy(obj: dict[str, Any], now: datetime) -> list[Any]:
    kind = part(obj, "spec", "paramKind")
    shown = f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else "<unset>"
    return [name_of(obj), len(part(obj, "spec").get("validations") or ()), shown, age(obj, now)]


def _policy_binding(obj: dict[str, Any], now: datetime) -> list[Any]:
    ref = part(obj, "spec", "paramRef")
    shown = f"{ref.get('namespace') or '*'}/{ref['name']}" if ref.get("name") else "<unset>"
    return [name_of(obj), text(obj, "spec", "policyName"), shown, age(obj, now)]


def _priority_class(obj: dict[str, Any], now: datetime) -> list[Any]:
    default = bool(obj.get("globalDefault"))
    return [name_of(obj), obj.get("value", 0), default, age(obj, now), obj.get("preemptionPolicy", "")]


def _lease(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), text(obj, "spec", "holderIdentity"), age(obj, now)]


def _runtime_class(obj: dict[str, Any], now: datetime) -> list[Any]:
    return [name_of(obj), obj.get("handler", ""), age(obj, now)]


def _api_service(obj: dict[str, Any], now: datetime) -> list[Any]:
    service = part(obj, "spec", "service")
    available = condition(obj, "Available")
    shown: str = available.get("status", "Unknown")
    if shown != "True" and available.get("reason"):
        shown = f"{shown} ({available['reason']})"
    where = f"{service.get('namespace', '')}/{service.get('name', '')}" if service else "Local"
    return [name_of(obj), where, shown, age(obj, now)]


def _flow_schema(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    return [
        name_of(obj),
        text(spec, "priorityLevelConfiguration", "name"),
        number(spec, "matchingPrecedence"),
        text(spec, "distinguisherMethod", "type", default="<none>"),
        age(obj, now),
        condition(obj, "Dangling").get("status", "?"),
    ]


def _priority_level(obj: dict[str, Any], now: datetime) -> list[Any]:
    spec = part(obj, "spec")
    limited = part(spec, "limited")
    queuing = part(limited, "limitResponse", "queuing")
    queues = [text(queuing, key, default="<none>") for key in ("queues", "handSize", "queueLengthLimit")]
    shares = text(limited, "nominalConcurrencyShares", default="<none>")
    return [name_of(obj), spec.get("type", ""), shares, *queues, age(obj, now)]


def _created(obj: Mapping[str, Any], _now: datetime) -> list[Any]:
    return [name_of(dict(obj)), obj.get("metadata", {}).get("creationTimestamp")]


DEFAULT = Printer(columns("Name", "Created At:date"), _created)
"""Kinds without a printer of their own, Roles and CustomResourceDefinitions among them."""

_BINDING = Printer(columns("Name", "Role", "Age", wide=("Users", "Groups", "ServiceAccounts")), _binding)
_WEBHOOKS = Printer(columns("Name", "Webhooks:integer", "Age"), _webhooks)
_ADMISSION: Callable[[str], str] = "{}.admissionregistration.k8s.io".format
PRINTERS = {
    "rolebindings.rbac.authorization.k8s.io": _BINDING,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDING,
    "certificatesigningrequests.certificates.k8s.io": Printer(
        columns("Name", "Age", "SignerName", "Requestor", "RequestedDuration", "Condition"), _signing_request
    ),
    _ADMISSION("mutatingwebhookconfigurations"): _WEBHOOKS,
    _ADMISSION("validatingwebhookconfigurations"): _WEBHOOKS,
    _ADMISSION("validatingadmissionpolicies"): Printer(
        columns("Name", "Validations:integer", "ParamKind", "Age"), _policy
    ),
    _ADMISSION("validatingadmissionpolicybindings"): Printer(
        columns("Name", "PolicyName", "ParamRef", "Age"), _policy_binding
    ),
    "priorityclasses.scheduling.k8s.io": Printer(
        columns("Name", "Value:integer", "Global-Default:boolean", "Age", "PreemptionPolicy"), _priority_class
    ),
    "leases.coordination.k8s.io": Printer(columns("Name", "Holder", "Age"), _lease),
    "runtimeclasses.node.k8s.io": Printer(columns("Name", "Handler", "Age"), _runtime_class),
    "apiservices.apiregistration.k8s.io": Printer(columns("Name", "Service", "Available", "Age"), _api_service),
    "flowschemas.flowcontrol.apiserver.k8s.io": Printer(
        columns("Name", "PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", "Age", "MissingPL"), _flow_schema
    ),
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": Printer(
        columns("Name", "Type", "NominalConcurrencyShares", "Queues", "HandSize", "QueueLengthLimit", "Age"),
        _priority_level,
    ),
}
