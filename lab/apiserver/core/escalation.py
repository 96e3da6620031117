"""Nobody grants rights that they do not have themselves.

Source: Kubernetes, using RBAC authorization, privilege escalation prevention (verbs `escalate` and `bind`).
"""

from __future__ import annotations

from typing import Any

from lab.apiserver.core.admission import RequestAttributes
from lab.apiserver.core.errors import forbidden
from lab.apiserver.core.identity import UserInfo
from lab.apiserver.core.rbac import GROUP, Authorizer, Question, Rule, rule_of


class EscalationGuard:
    """An admission function over roles and bindings."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def __call__(
        self, attributes: RequestAttributes, obj: dict[str, Any] | None, old: dict[str, Any] | None
    ) -> tuple[dict[str, Any] | None, list[str]]:
        """Refuse with ApiError 403 what would be an escalation."""
        if attributes.group == GROUP and obj is not None:
            if attributes.resource in ("roles", "clusterroles") and obj.get("rules") != (old or {}).get("rules"):
                self._check(attributes, "escalate", attributes.resource, attributes.name, obj.get("rules") or [])
            elif attributes.resource in ("rolebindings", "clusterrolebindings"):
                self._check_binding(attributes, obj)
        return obj, []

    def _check_binding(self, attributes: RequestAttributes, obj: dict[str, Any]) -> None:
        reference = obj.get("roleRef") or {}
        kind, name = reference.get("kind", ""), reference.get("name", "")
        rules = self._authorizer.role_rules(kind, name, attributes.namespace)
        plural = "roles" if kind == "Role" else "clusterroles"
        self._check(attributes, "bind", plural, name, [rule.as_dict() for rule in rules])

    def _check(
        self, attributes: RequestAttributes, verb: str, plural: str, role: str, rules: list[dict[str, Any]]
    ) -> None:
        user = attributes.user
        question = Question(user, verb, GROUP, plural, namespace=attributes.namespace, name=role)
        if self._authorizer.decide(question).allowed:
            return
        missing = self._authorizer.covers(user, attributes.namespace, [rule_of(raw) for raw in rules])
        if missing:
            shown = "\n".join(_shown(rule) for rule in missing)
            raise forbidden(
                f"{attributes.resource}.{GROUP}",
                attributes.name,
                f"user {_who(user)} is attempting to grant RBAC permissions not currently held:\n{shown}",
            )


def _who(user: UserInfo) -> str:
    groups = " ".join(f'"{group}"' for group in user.groups)
    return f'"{user.username}" (groups=[{groups}])'


def _shown(rule: Rule) -> str:
    parts = []
    for label, values in (
        ("APIGroups", sorted(rule.groups)),
        ("Resources", sorted(rule.resources)),
        ("ResourceNames", sorted(rule.names)),
        ("NonResourceURLs", list(rule.paths)),
        ("Verbs", sorted(rule.verbs)),
    ):
        if values:
            parts.append(f"{label}:[{' '.join(f'{chr(34)}{value}{chr(34)}' for value in values)}]")
    return "{" + ", ".join(parts) + "}"
