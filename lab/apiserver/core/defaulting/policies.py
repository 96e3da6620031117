"""Defaults of access control, networking, admission, definitions, priorities and flow control.

Source: Kubernetes 1.34, defaults of rbac, networking, admissionregistration, apiextensions, apiregistration,
scheduling, flowcontrol and authentication.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_RBAC = "rbac.authorization.k8s.io"


def _fill(obj: dict[str, Any], key: str, value: Any) -> None:
    """Set a member that is absent or, as Go writes some empty pointers, null."""
    if obj.get(key) is None:
        obj[key] = value


def _binding(obj: dict[str, Any]) -> None:
    if not obj["roleRef"].get("apiGroup"):
        obj["roleRef"]["apiGroup"] = _RBAC


def _subject(obj: dict[str, Any]) -> None:
    if not obj.get("apiGroup") and obj.get("kind") in ("User", "Group"):
        obj["apiGroup"] = _RBAC


def _network_policy(obj: dict[str, Any]) -> None:
    spec = obj["spec"]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def _network_port(obj: dict[str, Any]) -> None:
    obj.setdefault("protocol", "TCP")


def _ingress_class(obj: dict[str, Any]) -> None:
    parameters = obj["spec"].get("parameters")
    if parameters is not None:
        _fill(parameters, "scope", "Cluster")


def _match(obj: dict[str, Any]) -> None:
    obj.setdefault("matchPolicy", "Equivalent")
    obj.setdefault("namespaceSelector", {})
    obj.setdefault("objectSelector", {})


def _webhook(obj: dict[str, Any]) -> None:
    obj.setdefault("failurePolicy", "Fail")
    _match(obj)
    obj.setdefault("timeoutSeconds", 10)


def _mutating_webhook(obj: dict[str, Any]) -> None:
    _webhook(obj)
    obj.setdefault("reinvocationPolicy", "Never")


def _rule(obj: dict[str, Any]) -> None:
    obj.setdefault("scope", "*")


def _service_reference(obj: dict[str, Any]) -> None:
    obj.setdefault("port", 443)


def _policy_spec(obj: dict[str, Any]) -> None:
    obj.setdefault("failurePolicy", "Fail")


def _definition(obj: dict[str, Any]) -> None:
    spec, names = obj["spec"], obj["spec"]["names"]
    if not names.get("singular"):
        names["singular"] = names.get("kind", "").lower()
    if names.get("kind"):
        names.setdefault("listKind", f"{names['kind']}List")
    spec.setdefault("conversion", {"strategy": "None"})
    if not obj["status"].get("storedVersions"):
        stored = [version["name"] for version in spec.get("versions") or () if version.get("storage")]
        obj["status"]["storedVersions"] = stored[:1] or None


def _priority_class(obj: dict[str, Any]) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _flow_schema(obj: dict[str, Any]) -> None:
    if not obj.get("matchingPrecedence"):
        obj["matchingPrecedence"] = 1000


def _exempt(obj: dict[str, Any]) -> None:
    _fill(obj, "nominalConcurrencyShares", 0)
    _fill(obj, "lendablePercent", 0)


def _limited(obj: dict[str, Any]) -> None:
    _fill(obj, "nominalConcurrencyShares", 30)
    _fill(obj, "lendablePercent", 0)


def _queuing(obj: dict[str, Any]) -> None:
    for key, value in (("handSize", 8), ("queues", 64), ("queueLengthLimit", 50)):
        if not obj.get(key):
            obj[key] = value


def _token_request(obj: dict[str, Any]) -> None:
    _fill(obj, "expirationSeconds", 3600)


DEFAULTERS: Mapping[str, Callable[[dict[str, Any]], None]] = {
    "rbac.v1.RoleBinding": _binding,
    "rbac.v1.ClusterRoleBinding": _binding,
    "rbac.v1.Subject": _subject,
    "networking.v1.NetworkPolicy": _network_policy,
    "networking.v1.NetworkPolicyPort": _network_port,
    "networking.v1.IngressClass": _ingress_class,
    "admissionregistration.v1.ValidatingWebhook": _webhook,
    "admissionregistration.v1.MutatingWebhook": _mutating_webhook,
    "admissionregistration.v1.MatchResources": _match,
    "admissionregistration.v1.Rule": _rule,
    "admissionregistration.v1.ServiceReference": _service_reference,
    "admissionregistration.v1.ValidatingAdmissionPolicySpec": _policy_spec,
    "apiextensions.v1.CustomResourceDefinition": _definition,
    "apiextensions.v1.ServiceReference": _service_reference,
    "apiregistration.v1.ServiceReference": _service_reference,
    "scheduling.v1.PriorityClass": _priority_class,
    "flowcontrol.v1.FlowSchemaSpec": _flow_schema,
    "flowcontrol.v1.ExemptPriorityLevelConfiguration": _exempt,
    "flowcontrol.v1.LimitedPriorityLevelConfiguration": _limited,
    "flowcontrol.v1.QueuingConfiguration": _queuing,
    "authentication.v1.TokenRequestSpec": _token_request,
}
"""Go struct to the function that completes one value of it, in place."""
