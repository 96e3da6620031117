"""Role-based access control over the roles and bindings that a cluster stores.

Source: Kubernetes, rbac.authorization.k8s.io/v1: rules are additive, nothing denies; aggregated roles gather rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.identity import SYSTEM_MASTERS, UserInfo
from lab.apiserver.core.label_selectors import selector_of
from lab.apiserver.core.store import Entry, Event

GROUP = "rbac.authorization.k8s.io"
ROLES = f"roles.{GROUP}"
CLUSTER_ROLES = f"clusterroles.{GROUP}"
ROLE_BINDINGS = f"rolebindings.{GROUP}"
CLUSTER_ROLE_BINDINGS = f"clusterrolebindings.{GROUP}"
RESOURCES = frozenset({ROLES, CLUSTER_ROLES, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS})


@dataclass(frozen=True, slots=True)
class Question:
    """May this user do this? For non-resource paths `path` is set and the rest is empty."""

    user: UserInfo
    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """`pods` or `pods/log`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Rule:
    """One PolicyRule."""

    verbs: frozenset[str]
    groups: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()

    def allows(self, question: Question) -> bool:
        """True if this rule permits what is asked."""
        if question.verb not in self.verbs and "*" not in self.verbs:
            return False
        if question.path:
            return any(_path_matches(path, question.path) for path in self.paths)
        if question.group not in self.groups and "*" not in self.groups:
            return False
        if self.names and question.name not in self.names:
            return False
        if "*" in self.resources or question.full_resource in self.resources:
            return True
        return bool(question.subresource) and f"*/{question.subresource}" in self.resources

    def as_dict(self) -> dict[str, Any]:
        """The rule in the form of the API."""
        found = {
            "verbs": sorted(self.verbs),
            "apiGroups": sorted(self.groups),
            "resources": sorted(self.resources),
            "resourceNames": sorted(self.names),
            "nonResourceURLs": list(self.paths),
        }
        return {key: value for key, value in found.items() if value}


def rule_of(raw: dict[str, Any]) -> Rule:
    """A rule from its stored form."""
    return Rule(
        frozenset(raw.get("verbs") or ()),
        frozenset(raw.get("apiGroups") or ()),
        frozenset(raw.get("resources") or ()),
        frozenset(raw.get("resourceNames") or ()),
        tuple(raw.get("nonResourceURLs") or ()),
    )


def _path_matches(pattern: str, path: str) -> bool:
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    return pattern == path


@dataclass(frozen=True, slots=True)
class _Grant:
    """Rules that a subject has in a namespace, or everywhere where the namespace is empty; and through what."""

    namespace: str
    rules: tuple[Rule, ...]
    through: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and the binding that made it."""

    allowed: bool
    reason: str = ""


class Authorizer:
    """Answers questions about one cluster; its index is made anew after roles or bindings have changed."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._epoch = -1
        self._grants: dict[tuple[str, str], list[_Grant]] = {}
        cluster.listeners.append(self._note)

    def _note(self, event: Event) -> None:
        if event.group_resource not in RESOURCES:
            return
        if event.type != "MODIFIED" or _says(event.new) != _says(event.old):
            self._cluster.rbac_epoch += 1

    def decide(self, question: Question) -> Decision:
        """Allowed or not. The group system:masters may do everything."""
        if SYSTEM_MASTERS in question.user.groups:
            return Decision(True)
        for grant in self.grants(question.user):
            if grant.namespace and grant.namespace != question.namespace:
                continue
            if any(rule.allows(question) for rule in grant.rules):
                return Decision(True, f"RBAC: allowed by {grant.through}")
        return Decision(False)

    def rules(self, user: UserInfo, namespace: str) -> list[Rule]:
        """Every rule that a user has in a namespace."""
        if SYSTEM_MASTERS in user.groups:
            every = frozenset("*")
            return [Rule(every, every, every), Rule(every, paths=("*",))]
        return [rule for g in self.grants(user) if g.namespace in ("", namespace) for rule in g.rules]

    def covers(self, user: UserInfo, namespace: str, wanted: list[Rule]) -> list[Rule]:
        """The wanted rules that the user does not have itself (granting them would be an escalation)."""
        if SYSTEM_MASTERS in user.groups:
            return []
        owned = self.rules(user, namespace)
        return [rule for rule in wanted if not all(any(o.allows(q) for o in owned) for q in _questions(user, rule))]

    def role_rules(self, kind: str, name: str, namespace: str) -> list[Rule]:
        """The rules of a role that a binding refers to."""
        key = (namespace, name) if kind == "Role" else ("", name)
        entry = self._cluster.get(ROLES if kind == "Role" else CLUSTER_ROLES, key)
        return self._rules_of(entry.object()) if entry is not None else []

    def grants(self, user: UserInfo) -> Iterator[_Grant]:
        """What the user has, through its name and its groups."""
        if self._epoch != self._cluster.rbac_epoch:
            self._index()
        yield from self._grants.get(("User", user.username), ())
        for group in user.groups:
            yield from self._grants.get(("Group", group), ())

    def _index(self) -> None:
        self._grants = {}
        rules: dict[tuple[str, str, str], tuple[Rule, ...]] = {}
        for table in (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS):
            for (namespace, name), entry in self._cluster.table(table).items():
                binding = entry.object()
                reference = binding.get("roleRef") or {}
                key = (reference.get("kind", ""), reference.get("name", ""), namespace)
                if key not in rules:
                    rules[key] = tuple(self.role_rules(*key))
                kind = "RoleBinding" if namespace else "ClusterRoleBinding"
                shown = f"{name}/{namespace}" if namespace else name
                for subject in binding.get("subjects") or ():
                    grant = _Grant(namespace, rules[key], _through(kind, shown, reference, subject))
                    self._grants.setdefault(_subject_key(subject, namespace), []).append(grant)
        self._epoch = self._cluster.rbac_epoch

    def _rules_of(self, role: dict[str, Any]) -> list[Rule]:
        aggregation = role.get("aggregationRule")
        if not aggregation:
            return [rule_of(raw) for raw in role.get("rules") or ()]
        return [rule_of(raw) for raw in aggregated_rules(self._cluster, role)]


def _says(entry: Entry | None) -> Any:
    """What of a role or binding decides; a new annotation changes nobody's rights."""
    if entry is None:
        return None
    obj = entry.object()
    return [obj.get(key) for key in ("rules", "aggregationRule", "roleRef", "subjects")], entry.labels


def _questions(user: UserInfo, rule: Rule) -> Iterator[Question]:
    for verb in rule.verbs:
        for path in rule.paths:
            yield Question(user, verb, path=path)
        for group in rule.groups:
            for full in rule.resources:
                resource, _, sub = full.partition("/")
                for name in rule.names or ("",):
                    yield Question(user, verb, group, resource, sub, name=name)


def _through(kind: str, shown: str, reference: dict[str, Any], subject: dict[str, Any]) -> str:
    who = subject.get("name", "")
    if subject.get("kind") == "ServiceAccount":
        who = f"{who}/{subject.get('namespace', '')}"
    return f'{kind} "{shown}" of {reference.get("kind")} "{reference.get("name")}" to {subject.get("kind")} "{who}"'


def _subject_key(subject: dict[str, Any], namespace: str) -> tuple[str, str]:
    if subject.get("kind") == "ServiceAccount":
        return ("User", f"system:serviceaccount:{subject.get('namespace') or namespace}:{subject.get('name', '')}")
    return (subject.get("kind", ""), subject.get("name", ""))


def aggregated_rules(cluster: Cluster, role: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules that an aggregated ClusterRole gathers, in their stored form, without repeats."""
    selectors = [selector_of(s) for s in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()]
    found: list[dict[str, Any]] = []
    for (_, name), entry in cluster.table(CLUSTER_ROLES).items():
        if name != role["metadata"]["name"] and any(s and s.matches(entry.labels) for s in selectors):
            found += [rule for rule in entry.object().get("rules") or () if rule not in found]
    return found
