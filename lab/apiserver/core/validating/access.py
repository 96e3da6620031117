"""Faults of roles, role bindings, network policies and Ingresses.

Source: Kubernetes, pkg/apis/rbac/validation and pkg/apis/networking/validation.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from lab.apiserver.core import field_errors as fe
from lab.apiserver.core.errors import FieldError
from lab.apiserver.core.validating import names
from lab.apiserver.core.validating.workloads import selector_faults

_GROUP = "rbac.authorization.k8s.io"


def role_faults(obj: dict[str, Any], _old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a Role or ClusterRole."""
    namespaced = obj.get("kind") == "Role"
    faults = []
    for index, rule in enumerate(obj.get("rules") or []):
        faults += _rule_faults(rule, f"rules[{index}]", namespaced=namespaced)
    return faults


def _rule_faults(rule: dict[str, Any], path: str, *, namespaced: bool) -> list[FieldError]:
    faults = []
    if not rule.get("verbs"):
        faults.append(fe.required(f"{path}.verbs", "verbs must contain at least one value"))
    urls = rule.get("nonResourceURLs") or []
    if urls:
        where = f"{path}.nonResourceURLs"
        if namespaced:
            faults.append(fe.invalid(where, urls, "namespaced rules cannot apply to non-resource URLs"))
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            faults.append(fe.invalid(where, urls, "rules cannot apply to both regular resources and non-resource URLs"))
        return faults
    if not rule.get("apiGroups"):
        faults.append(fe.required(f"{path}.apiGroups", "resource rules must supply at least one api group"))
    if not rule.get("resources"):
        faults.append(fe.required(f"{path}.resources", "resource rules must supply at least one resource"))
    return faults


def binding_faults(obj: dict[str, Any], old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a RoleBinding or ClusterRoleBinding; the role it binds never changes."""
    namespaced = obj.get("kind") == "RoleBinding"
    reference = obj.get("roleRef") or {}
    kinds = ("Role", "ClusterRole") if namespaced else ("ClusterRole",)
    faults = []
    if reference.get("apiGroup") != _GROUP:
        faults.append(fe.not_supported("roleRef.apiGroup", reference.get("apiGroup", ""), (_GROUP,)))
    if reference.get("kind") not in kinds:
        faults.append(fe.not_supported("roleRef.kind", reference.get("kind", ""), kinds))
    name = reference.get("name", "")
    if not name:
        faults.append(fe.required("roleRef.name"))
    else:
        faults += [fe.invalid("roleRef.name", name, fault) for fault in names.path_segment(name)]
    for index, subject in enumerate(obj.get("subjects") or []):
        faults += _subject_faults(subject, f"subjects[{index}]", namespaced=namespaced)
    if old is not None and reference != old.get("roleRef"):
        shown = {"APIGroup": reference.get("apiGroup", ""), "Kind": reference.get("kind", ""), "Name": name}
        faults.append(fe.invalid("roleRef", shown, "cannot change roleRef"))
    return faults


def _subject_faults(subject: dict[str, Any], path: str, *, namespaced: bool) -> list[FieldError]:
    faults = []
    name, kind, group = subject.get("name", ""), subject.get("kind", ""), subject.get("apiGroup", "")
    if not name:
        faults.append(fe.required(f"{path}.name"))
    if kind == "ServiceAccount":
        if name:
            faults += [fe.invalid(f"{path}.name", name, fault) for fault in names.dns_subdomain(name)]
        if group:
            faults.append(fe.not_supported(f"{path}.apiGroup", group, ("",)))
        if not namespaced and not subject.get("namespace"):
            faults.append(fe.required(f"{path}.namespace"))
    elif kind in ("User", "Group"):
        if group != _GROUP:
            faults.append(fe.not_supported(f"{path}.apiGroup", group, (_GROUP,)))
    else:
        faults.append(fe.not_supported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group")))
    return faults


def network_policy_faults(obj: dict[str, Any], _old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of a NetworkPolicy."""
    spec = obj.get("spec") or {}
    faults = selector_faults(spec.get("podSelector") or {}, "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or []):
            path = f"spec.{direction}[{index}]"
            for at, port in enumerate(rule.get("ports") or []):
                faults += _policy_port_faults(port, f"{path}.ports[{at}]")
            for at, peer in enumerate(rule.get(peers) or []):
                faults += _peer_faults(peer, f"{path}.{peers}[{at}]")
    kinds = spec.get("policyTypes") or []
    for index, kind in enumerate(kinds):
        if kind not in ("Ingress", "Egress"):
            faults.append(fe.not_supported(f"spec.policyTypes[{index}]", kind, ("Ingress", "Egress")))
    return faults


def _policy_port_faults(port: dict[str, Any], path: str) -> list[FieldError]:
    faults = []
    if port.get("protocol") not in ("TCP", "UDP", "SCTP"):
        faults.append(fe.not_supported(f"{path}.protocol", port.get("protocol", ""), ("TCP", "UDP", "SCTP")))
    number = port.get("port")
    if number is not None:
        wrong = names.port_number(number) if isinstance(number, int) else names.port_name(number)
        faults += [fe.invalid(f"{path}.port", number, fault) for fault in wrong]
    return faults


def _peer_faults(peer: dict[str, Any], path: str) -> list[FieldError]:
    faults = []
    if not peer:
        faults.append(fe.required(path, "must specify a peer"))
    for key in ("podSelector", "namespaceSelector"):
        if peer.get(key) is not None:
            faults += selector_faults(peer[key], f"{path}.{key}")
    block = peer.get("ipBlock")
    if block is not None:
        if len(peer) > 1:
            rule = "may not specify both ipBlock and another peer"
            faults.append(fe.forbidden(path, rule))
        faults += _block_faults(block, f"{path}.ipBlock")
    return faults


def _block_faults(block: dict[str, Any], path: str) -> list[FieldError]:
    text = block.get("cidr", "")
    if not text:
        return [fe.required(f"{path}.cidr")]
    try:
        ipaddress.ip_network(text, strict=False)
        if "/" not in text:
            raise ValueError(text)
    except ValueError:
        return [fe.invalid(f"{path}.cidr", text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")]
    return []


def ingress_faults(obj: dict[str, Any], _old: dict[str, Any] | None) -> list[FieldError]:
    """Faults of an Ingress."""
    spec = obj.get("spec") or {}
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        return [fe.invalid("spec", None, "either `defaultBackend` or `rules` must be specified")]
    faults = []
    for index, rule in enumerate(spec.get("rules") or []):
        for at, item in enumerate((rule.get("http") or {}).get("paths") or []):
            path = f"spec.rules[{index}].http.paths[{at}]"
            kind = item.get("pathType")
            if kind is None:
                faults.append(fe.required(f"{path}.pathType", "pathType must be specified"))
            elif kind not in ("Exact", "ImplementationSpecific", "Prefix"):
                kinds = ("Exact", "ImplementationSpecific", "Prefix")
                faults.append(fe.not_supported(f"{path}.pathType", kind, kinds))
            elif kind != "ImplementationSpecific" and not (item.get("path") or "").startswith("/"):
                faults.append(fe.invalid(f"{path}.path", item.get("path", ""), "must be an absolute path"))
    return faults
