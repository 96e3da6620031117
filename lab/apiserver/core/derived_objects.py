"""Small controllers over stored objects: token Secrets, aggregated ClusterRoles, Events that have had their time.

Source: Kubernetes, tokens controller (kubernetes.io/service-account-token), clusterrole aggregation controller, and
the kube-apiserver's event-ttl.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from lab.apiserver.core.cluster import Cluster
from lab.apiserver.core.deletion import request_deletion
from lab.apiserver.core.later import Later
from lab.apiserver.core.rbac import CLUSTER_ROLES, aggregated_rules
from lab.apiserver.core.store import Event, Key
from lab.apiserver.core.tokens import TokenIssuer

SECRET_TYPE = "kubernetes.io/service-account-token"
ACCOUNT_NAME = "kubernetes.io/service-account.name"
ACCOUNT_UID = "kubernetes.io/service-account.uid"
EVENT_RESOURCES = ("events", "events.events.k8s.io")
EVENT_LIFETIME = 3600.0
EVENT_SWEEP = 60.0


class TokenSecretController:
    """Fills Secrets of the token type, and deletes them with their account."""

    def __init__(self, cluster: Cluster, later: Later, tokens: Callable[[], TokenIssuer], certificate: str) -> None:
        self._cluster = cluster
        self._later = later
        self._tokens = tokens
        self._certificate = certificate
        cluster.listeners.append(self.note)

    def note(self, event: Event) -> None:
        """Look at a change."""
        if event.group_resource == "secrets" and event.type != "DELETED":
            if SECRET_TYPE.encode() in event.new.raw:
                key = event.key
                self._later.after(0.0, lambda: self._fill(key))
        elif event.group_resource == "serviceaccounts" and event.type == "DELETED":
            self._forget(event.key, event.new.uid)

    def _fill(self, key: Key) -> None:
        entry = self._cluster.get("secrets", key)
        if entry is None:
            return
        secret = entry.object()
        annotations = secret["metadata"].get("annotations") or {}
        if secret.get("type") != SECRET_TYPE or (secret.get("data") or {}).get("token"):
            return
        account = self._cluster.get("serviceaccounts", (key[0], annotations.get(ACCOUNT_NAME, "")))
        if account is None:
            return
        annotations[ACCOUNT_UID] = account.uid
        bound = {"kind": "Secret", "name": key[1], "uid": entry.uid}
        token, _ = self._tokens().issue(key[0], annotations[ACCOUNT_NAME], account.uid, seconds=None, bound=bound)
        data = {"token": token, "ca.crt": self._certificate, "namespace": key[0]}
        encoded = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}
        self._cluster.put("secrets", key, secret)

    def _forget(self, account: Key, uid: str) -> None:
        resource = self._cluster.registry.of_group_resource("secrets")
        if resource is None:
            return
        for key, entry in self._cluster.table("secrets").items(account[0]):
            if SECRET_TYPE.encode() in entry.raw and uid.encode() in entry.raw:
                request_deletion(self._cluster, resource, key)


class RoleAggregator:
    """Keeps the rules of aggregated ClusterRoles."""

    def __init__(self, cluster: Cluster, later: Later) -> None:
        self._cluster = cluster
        self._later = later
        self._due = False
        cluster.listeners.append(self.note)

    def note(self, event: Event) -> None:
        """Look at a change."""
        if event.group_resource == CLUSTER_ROLES and not self._due:
            self._due = True
            self._later.after(0.0, self._aggregate)

    def _aggregate(self) -> None:
        self._due = False
        for key, entry in self._cluster.table(CLUSTER_ROLES).items():
            if b'"aggregationRule"' not in entry.raw:
                continue
            role = entry.object()
            rules = aggregated_rules(self._cluster, role)
            if role.get("aggregationRule") and rules != (role.get("rules") or []):
                role["rules"] = rules
                self._cluster.put(CLUSTER_ROLES, key, role)


class EventExpiry:
    """Removes Events an hour after their last change."""

    def __init__(self, cluster: Cluster, later: Later) -> None:
        self._cluster = cluster
        self._later = later
        self._changed: dict[tuple[str, Key], float] = {}
        self._waiting = False
        cluster.listeners.append(self.note)

    def note(self, event: Event) -> None:
        """Look at a change."""
        if event.group_resource not in EVENT_RESOURCES:
            return
        place = (event.group_resource, event.key)
        self._changed.pop(place, None)
        if event.type != "DELETED":
            self._changed[place] = self._cluster.clock.time()
            self._wait()

    def resume(self) -> None:
        """Begin to count, after a start, for the Events that are there."""
        now = self._cluster.clock.time()
        for group_resource in EVENT_RESOURCES:
            for key in self._cluster.table(group_resource):
                self._changed[group_resource, key] = now
        if self._changed:
            self._wait()

    def _wait(self) -> None:
        if not self._waiting:
            self._waiting = True
            oldest = next(iter(self._changed.values()))
            due = oldest + EVENT_LIFETIME - self._cluster.clock.time()
            self._later.after(max(due, EVENT_SWEEP), self._sweep)

    def _sweep(self) -> None:
        self._waiting = False
        limit = self._cluster.clock.time() - EVENT_LIFETIME
        for place, changed in list(self._changed.items()):
            if changed > limit:
                break
            del self._changed[place]
            if self._cluster.get(*place) is not None:
                self._cluster.remove(*place)
        if self._changed:
            self._wait()
